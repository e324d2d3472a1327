import type { FastifyReply } from 'fastify';

/**
 * What every answer says of itself: it is kept nowhere, as it may hold what its caller alone may know, and it is what
 * its type says. A page or a file may say that it can be kept.
 */
export const answerHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

const named = Object.entries(answerHeaders);

/** Says so of an answer that does not speak for itself. */
export function describeAnswer(reply: FastifyReply): void {
  for (const [name, value] of named) {
    if (!reply.hasHeader(name)) reply.header(name, value);
  }
}
