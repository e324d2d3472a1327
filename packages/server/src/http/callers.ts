import type { IncomingMessage } from 'node:http';
import type { Operation } from '@molva/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../platform/failure.ts';
import type { Caller } from '../platform/route.ts';
import type { RateLimits } from './rate-limit.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation of a route; whoever calls it is known before its body is read. */
    readonly operation?: Operation;
    /** Its calls count in no limit. */
    readonly uncounted?: boolean;
  }
}

/** Reads a bearer text as a user; throws `token-expired` or `token-invalid`. */
export type Identify = (token: string) => Promise<NonNullable<Caller['user']>>;

/** How callers are known. */
export interface CallerPorts {
  readonly identify: Identify;
  /** The address of whoever calls. */
  readonly callerOf: (request: IncomingMessage) => string;
  /** Whether a text has the form of a session token. */
  readonly isSessionToken: (token: string) => boolean;
  readonly limits: RateLimits;
}

/** Who calls each request that is under way. */
export type Callers = (request: FastifyRequest) => Caller;

/**
 * Finds out who calls, and counts the call, before anything of its body is read: of every address, known or not. Throws
 * the failure of its token, and `too-many-requests`.
 */
export function knowCallers(
  server: FastifyInstance,
  ports: CallerPorts,
  refused: (operation: Operation, error: unknown) => void,
): Callers {
  const { limits } = ports;
  const known = new WeakMap<FastifyRequest, Caller>();
  server.addHook('onRequest', async (request) => {
    const { operation, uncounted } = request.routeOptions.config;
    if (operation === undefined) {
      if (uncounted !== true) limits.count({ user: null, address: ports.callerOf(request.raw) });
      return;
    }
    try {
      const caller = await callerOf(request, operation, ports).catch((error: unknown) => {
        // Whoever tries tokens is counted as well.
        limits.count({ user: null, address: ports.callerOf(request.raw) });
        throw error;
      });
      limits.count(caller);
      if (operation.access === 'admin' && caller.user?.roles.includes('ADMIN') !== true) {
        throw new Failure('permission-denied');
      }
      known.set(request, caller);
    } catch (error) {
      refused(operation, error);
      throw error;
    }
  });
  return (request) => {
    const caller = known.get(request);
    if (caller === undefined) throw new Error('a call is served whose caller nobody asked for');
    return caller;
  };
}

async function callerOf(request: FastifyRequest, { access }: Operation, ports: CallerPorts): Promise<Caller> {
  const from = { address: ports.callerOf(request.raw), userAgent: request.headers['user-agent'] ?? null };
  const header = access === 'credentials' ? undefined : request.headers.authorization;
  const token = header?.replace(/^Bearer\s+/i, '').trim();
  if (token === undefined || token === '') {
    if (access === 'user' || access === 'admin') throw new Failure('not-authenticated');
    return { ...from, user: null, sessionToken: null };
  }
  const takesSessionToken = access === 'open' || access === 'holder';
  if (takesSessionToken && ports.isSessionToken(token)) return { ...from, user: null, sessionToken: token };
  return { ...from, user: await ports.identify(token), sessionToken: null };
}
