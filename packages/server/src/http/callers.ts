import type { IncomingMessage } from 'node:http';
import type { Operation } from '@molva/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import { isAdmin, type Caller } from '../platform/route.ts';
import { mayStart, type RateLimits } from './rate-limit.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation of a route; whoever calls it is known before its body is read. */
    readonly operation?: Operation;
    /** A fixed path under a method it does not have. */
    readonly refused?: boolean;
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
  /** Whether it has that of a user's token or of an API key, valid or not. */
  readonly isUserToken: (token: string) => boolean;
  /** Whether it has that of a signed identity of a client. */
  readonly isIdentityToken: (token: string) => boolean;
  readonly clock: Pick<Clock, 'now'>;
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
  const admit = (request: FastifyRequest, operation: Operation, caller: Caller): void => {
    limits.count(caller);
    if (operation.access === 'admin' && (caller.user === null || !isAdmin(caller.user))) {
      throw new Failure('permission-denied');
    }
    known.set(request, caller);
  };
  /** Whoever tries tokens is counted as well. */
  const unknown = (request: FastifyRequest, error: unknown): never => {
    limits.count({ user: null, address: ports.callerOf(request.raw) });
    throw error;
  };
  // Most callers are known without waiting: a hook that makes no promise for them.
  server.addHook('onRequest', (request, _reply, done) => {
    const { operation, uncounted } = request.routeOptions.config;
    const refuse = (error: unknown): void => {
      if (operation !== undefined) refused(operation, error);
      done(error as Error);
    };
    try {
      if (operation !== undefined) {
        const caller = callerOf(request, operation, ports, unknown);
        if (caller instanceof Promise) {
          void caller.then((found) => admit(request, operation, found)).then(() => done(), refuse);
          return;
        }
        admit(request, operation, caller);
      } else if (uncounted !== true) {
        limits.count({ user: null, address: ports.callerOf(request.raw) });
      }
    } catch (error) {
      refuse(error);
      return;
    }
    done();
  });
  return (request) => {
    const caller = known.get(request);
    if (caller === undefined) throw new Error('a call is served whose caller nobody asked for');
    return caller;
  };
}

function callerOf(
  request: FastifyRequest,
  { access, id }: Operation,
  ports: CallerPorts,
  unknown: (request: FastifyRequest, error: unknown) => never,
): Caller | Promise<Caller> {
  const from = { address: ports.callerOf(request.raw), userAgent: request.headers['user-agent'] ?? null };
  const header = access === 'credentials' ? undefined : request.headers.authorization;
  const token = header?.replace(/^Bearer\s+/i, '').trim();
  if (token === undefined || token === '') {
    if (access === 'user' || access === 'admin') unknown(request, new Failure('not-authenticated'));
    return { ...from, user: null, sessionToken: null };
  }
  const takesSessionToken = access === 'open' || access === 'holder';
  if (takesSessionToken && ports.isSessionToken(token)) return { ...from, user: null, sessionToken: token };
  if ((access === 'holder' || mayStart(id)) && ports.isIdentityToken(token)) {
    return { ...from, user: null, sessionToken: null, identity: { token, at: ports.clock.now() } };
  }
  // What is no token in form proves nothing of its session, which may not ask for a proof.
  if (access === 'holder' && !ports.isUserToken(token)) return { ...from, user: null, sessionToken: token };
  return ports.identify(token).then(
    (user) => ({ ...from, user, sessionToken: null }),
    (error: unknown) => unknown(request, error),
  );
}
