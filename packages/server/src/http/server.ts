import { ALL_BASES, pathsOf, type Operation } from '@molva/contract';
import cors from '@fastify/cors';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { MOST_LEVELS, tooDeepIn } from '../platform/depth.ts';
import { badField, Failure } from '../platform/failure.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { asFailure, errorAnswer } from './error-answer.ts';
import type { Answer, Caller, Route } from '../platform/route.ts';
import { mayStart, RateLimits, type Limits } from './rate-limit.ts';
import { BROKEN_TEXT, brokenTextIn } from '../platform/text.ts';
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
  /** Proxies whose word about the caller's address is taken: addresses and networks. */
  readonly trustedProxies: readonly string[];
  readonly limits: Limits;
  readonly clock: Clock;
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
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    genReqId: () => `${prefix}-${(++requests).toString(36)}`,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
    exposeHeadRoutes: false,
    frameworkErrors: (_error, request, reply) =>
      void send(reply, request, errorAnswer(badField('path', 'is not a valid address'), request.id)),
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, parseJson);
  await server.register(cors, {
    origin: options.allowedOrigins.includes('*') ? true : [...options.allowedOrigins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['x-error-code', 'x-request-id', 'idempotent-replay', 'retry-after'],
    maxAge: 600,
  });
  let advised = options.trustedProxies.length > 0;
  const adviseOfProxy = (request: FastifyRequest): void => {
    if (advised || request.headers['x-forwarded-for'] === undefined) return;
    advised = true;
    const { ip: address } = request;
    options.log.warn({ address }, 'callers behind a proxy count as one: name the proxy in MOLVA_TRUSTED_PROXIES');
  };
  server.setErrorHandler((error, request, reply) => {
    const failure = isUnknownMethod(error) ? noRoute(options.routes, request) : asFailure(error);
    if (failure === undefined) request.log.error({ error, requestId: request.id }, 'a call failed');
    if (failure?.code === 'too-many-requests') adviseOfProxy(request);
    return send(reply, request, errorAnswer(failure, request.id));
  });
  server.setNotFoundHandler((request, reply) => {
    return send(reply, request, errorAnswer(noRoute(options.routes, request), request.id));
  });
  const limits = new RateLimits(options.limits, options.clock);
  for (const route of options.routes) addRoute(server, route, options, limits);
  return server;
}

/** Types that are read as JSON: none, plain text and what curl sends by default too, as who forgets the header means it. */
const READ_AS_JSON = /^($|text\/plain|application\/x-www-form-urlencoded|application\/json|[^;]+\+json)/i;

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
  const deep = mayBeDeep(source) ? tooDeepIn(body) : undefined;
  if (deep !== undefined) return done(badField(deep, `must not nest deeper than ${MOST_LEVELS} levels`));
  // Escapes are the one way such characters come in: a body without them is not searched.
  if (/\\u(0000|[dD][89a-fA-F])/.test(source)) {
    const at = brokenTextIn(body);
    if (at !== undefined) return done(badField(at, BROKEN_TEXT));
  }
  done(null, body);
}

/** Whether a text opens enough brackets: most bodies do not, and need not be walked through. */
function mayBeDeep(source: string): boolean {
  let opened = 0;
  for (let index = 0; index < source.length && opened <= MOST_LEVELS; index++) {
    const character = source[index];
    if (character === '[' || character === '{') opened += 1;
  }
  return opened > MOST_LEVELS;
}

function addRoute(server: FastifyInstance, route: Route, options: HttpOptions, limits: RateLimits): void {
  const { operation } = route;
  const check = inputCheck(operation);
  const starts = mayStart(operation.id);
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const started = process.hrtime.bigint();
    const observe = (status: number): void =>
      options.observe(operation.id, status, Number(process.hrtime.bigint() - started) / 1e9);
    try {
      const answer = await answerTo(request);
      observe(answer.status);
      return send(reply, request, answer);
    } catch (error) {
      observe(asFailure(error)?.status ?? 500);
      throw error;
    }
  };
  const answerTo = async (request: FastifyRequest): Promise<Answer> => {
    const caller = await callerOf(request, operation, options).catch((error: unknown) => {
      // Whoever tries tokens is counted as well.
      limits.count({ user: null, address: request.ip });
      throw error;
    });
    limits.count(caller);
    if (operation.access === 'admin' && caller.user?.roles.includes('ADMIN') !== true) {
      throw new Failure('permission-denied');
    }
    const input = check({ params: request.params, query: request.query, body: request.body });
    const header = (name: string): string | undefined => request.headers[name] as string | undefined;
    const serve = (): Promise<Answer> => route.serve({ ...input, caller, header } as Parameters<Route['serve']>[0]);
    return starts ? limits.start(caller, serve) : serve();
  };
  for (const base of ALL_BASES) {
    for (const path of pathsOf(operation)) {
      server.route({ method: operation.method, url: base + routePath(path, operation), handler });
    }
  }
}

/** A path in the router's form; the last parameter may take the rest. */
function routePath(path: string, operation: Operation): string {
  const open = operation.takesRest ? path.replace(/\{\w+\}$/, '*') : path;
  return open.replaceAll(/\{(\w+)\}/g, ':$1');
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
  return { ...from, user: await options.identify(token), sessionToken: null };
}

function send(reply: FastifyReply, request: FastifyRequest, answer: Answer): FastifyReply {
  reply.code(answer.status).header('x-request-id', request.id);
  if (answer.headers !== undefined) reply.headers(answer.headers);
  if (answer.body === undefined) return reply.send();
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer.body));
}

/** A method that may carry a body and says nothing of it, which the framework refuses before it looks for a route. */
function isUnknownMethod(error: unknown): boolean {
  return (error as { code?: string }).code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE';
}

/** What is said where no route fits: the path is unknown, or the method is. */
function noRoute(routes: readonly Route[], request: FastifyRequest): Failure {
  const allowed = methodsOf(routes, request.url);
  return allowed.length === 0
    ? new Failure('path-not-found')
    : new Failure('method-not-allowed', null, { allow: allowed.join(', ') });
}

function methodsOf(routes: readonly Route[], url: string): string[] {
  const path = url.split('?', 1)[0] ?? '';
  const base = ALL_BASES.find((candidate) => path.startsWith(`${candidate}/`));
  if (base === undefined) return [];
  const rest = path.slice(base.length);
  const fits = ({ operation }: Route): boolean =>
    pathsOf(operation).some((template) => {
      const open = operation.takesRest ? template.replace(/\{\w+\}$/, '.+') : template;
      return new RegExp(`^${open.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(rest);
    });
  return [...new Set(routes.filter(fits).map((route) => route.operation.method))];
}
