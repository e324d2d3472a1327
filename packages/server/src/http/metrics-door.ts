import { answerHeaders } from './answer-headers.ts';
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Failure } from '../platform/failure.ts';
import type { Metrics } from '../platform/metrics.ts';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Answers the figures beside the API, to who brings the token. */
export function addMetrics(server: FastifyInstance, metrics: Metrics, token: string): void {
  server.route({
    method: ['GET', 'HEAD'],
    url: '/metrics',
    handler: async (request, reply) => {
      if (!brings(request.headers.authorization, token)) throw new Failure('not-authenticated');
      return reply.type(TYPE).send(await metrics.text());
    },
  });
}

/** A server for the figures alone, for an address that strangers do not reach; it asks for the token where there is one. */
export function metricsServer(metrics: Metrics, token: string | undefined): Server {
  return createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    const end = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': TYPE, ...answerHeaders }).end(text);
    };
    if (path !== '/metrics') return end(404, 'Here is /metrics alone.\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(405, 'Figures are read by GET.\n');
    if (token !== undefined && !brings(request.headers.authorization, token)) {
      return end(401, 'The token of MOLVA_METRICS_TOKEN is missing.\n');
    }
    metrics.text().then(
      (text) => end(200, text),
      () => end(500, 'The figures could not be put together.\n'),
    );
  });
}

/** Compared as hashes, which are of one length, so that the time taken tells nothing of the token. */
function brings(header: string | undefined, token: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(/^bearer\s+(\S+)$/i.exec(header ?? '')?.[1] ?? ''), hash(token));
}
