import { ALL_BASES, pathsOf, type Operation } from '@molva/contract';
import cors from '@fastify/cors';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { asFailure, errorAnswer } from './error-answer.ts';
import type { Answer, Caller, Route } from '../platform/route.ts';
import { inputCheck } from './validate.ts';

/** Reads a bearer text as a user; throws `token-expired` or `token-invalid`. */
export type Identify = (token: string) => Promise<NonNullable<Caller['user']>>;

/** What the HTTP server is made of. */
export interface HttpOptions {
  readonly routes: readonly Route[];
  readonly identify: Identify;
  /** Whether a text has the form of a session token. */
  readonly isSessionToken: (token: string) => boolean;
  readonly allowedOrigins: readonly string[];
  readonly log: Log;
  /** Hears of each answered call: operation, status, seconds. */
  readonly observe: (operation: string, status: number, seconds: number) => void;
}

const BODY_LIMIT = 256 * 1024;

/** The HTTP server with all routes under all bases; it listens to nothing yet. */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  let requests = 0;
  const prefix = process.hrtime.bigint().toString(36);
  const server = fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    genReqId: () => `${prefix}-${(++requests).toString(36)}`,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
    exposeHeadRoutes: false,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, parseJson);
  await server.register(cors, {
    origin: options.allowedOrigins.includes('*') ? true : [...options.allowedOrigins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['x-error-code', 'x-request-id', 'idempotent-replay', 'retry-after'],
    maxAge: 600,
  });
  server.setErrorHandler((error, request, reply) => {
    const failure = asFailure(error);
    if (failure === undefined) request.log.error({ error, requestId: request.id }, 'a call failed');
    return send(reply, request, errorAnswer(failure, request.id));
  });
  server.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(options.routes, request.url);
    const failure =
      allowed.length === 0
        ? new Failure('path-not-found')
        : new Failure('method-not-allowed', null, { allow: allowed.join(', ') });
    return send(reply, request, errorAnswer(failure, request.id));
  });
  for (const route of options.routes) addRoute(server, route, options);
  return server;
}

/** Types that are read as JSON: none and plain text too, as callers that forget the header mean it. */
const READ_AS_JSON = /^($|text\/plain|application\/json|[^;]+\+json)/i;

function parseJson(
  request: FastifyRequest,
  text: string | Buffer,
  done: (error: Error | null, body?: unknown) => void,
): void {
  const source = text.toString().trim();
  if (source === '') return done(null, undefined);
  if (!READ_AS_JSON.test(request.headers['content-type'] ?? '')) return done(new Failure('media-type-unsupported'));
  let body: unknown;
  try {
    body = JSON.parse(source);
  } catch {
    return done(new Failure('malformed-json'));
  }
  done(null, body);
}

function addRoute(server: FastifyInstance, route: Route, options: HttpOptions): void {
  const { operation } = route;
  const check = inputCheck(operation);
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const started = process.hrtime.bigint();
    const caller = await callerOf(request, operation, options);
    const input = check({ params: request.params, query: request.query, body: request.body });
    const header = (name: string): string | undefined => request.headers[name] as string | undefined;
    const answer = await route.serve({ ...input, caller, header } as Parameters<Route['serve']>[0]);
    options.observe(operation.id, answer.status, Number(process.hrtime.bigint() - started) / 1e9);
    return send(reply, request, answer);
  };
  for (const base of ALL_BASES) {
    for (const path of pathsOf(operation)) {
      server.route({ method: operation.method, url: base + path.replaceAll(/\{(\w+)\}/g, ':$1'), handler });
    }
  }
}

async function callerOf(request: FastifyRequest, operation: Operation, options: HttpOptions): Promise<Caller> {
  const from = { address: request.ip, userAgent: request.headers['user-agent'] ?? null };
  const header = operation.access === 'credentials' ? undefined : request.headers.authorization;
  const token = header?.replace(/^Bearer\s+/i, '').trim();
  if (token === undefined || token === '') {
    if (operation.access === 'user' || operation.access === 'admin') throw new Failure('not-authenticated');
    return { ...from, user: null, sessionToken: null };
  }
  const takesSessionToken = operation.access === 'open' || operation.access === 'holder';
  if (takesSessionToken && options.isSessionToken(token)) return { ...from, user: null, sessionToken: token };
  const user = await options.identify(token);
  if (operation.access === 'admin' && !user.roles.includes('ADMIN')) throw new Failure('permission-denied');
  return { ...from, user, sessionToken: null };
}

function send(reply: FastifyReply, request: FastifyRequest, answer: Answer): FastifyReply {
  reply.code(answer.status).header('x-request-id', request.id);
  if (answer.headers !== undefined) reply.headers(answer.headers);
  if (answer.body === undefined) return reply.send();
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer.body));
}

function methodsOf(routes: readonly Route[], url: string): string[] {
  const path = url.split('?', 1)[0] ?? '';
  const base = ALL_BASES.find((candidate) => path.startsWith(`${candidate}/`));
  if (base === undefined) return [];
  const rest = path.slice(base.length);
  const fits = (template: string): boolean => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(rest);
  return [...new Set(routes.filter(({ operation }) => pathsOf(operation).some(fits)).map((r) => r.operation.method))];
}
