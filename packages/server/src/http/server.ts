import { API_BASE, pathsOf, type ErrorCode, type Operation } from '@molva/contract';
import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { systemClock, type Clock } from '../platform/clock.ts';
import { badField, Failure } from '../platform/failure.ts';
import { tellLack } from '../platform/lacks.ts';
import type { Log } from '../platform/log.ts';
import { tellForeign, type Notice, type Notices } from '../platform/notices.ts';
import type { Origins } from '../platform/origins.ts';
import type { Answer, Route } from '../platform/route.ts';
import { Addresses } from './addresses.ts';
import type { BodyPace } from './body-pace.ts';
import { describeAnswer } from './answer-headers.ts';
import { knowCallers, type Callers, type Identify } from './callers.ts';
import { asFailure, errorAnswer } from './error-answer.ts';
import { partsOf } from './form.ts';
import { parseJson } from './json-body.ts';
import { OpenBodies } from './open-bodies.ts';
import { underOneBase } from './one-base.ts';
import type { OpenAnswers } from './open-answers.ts';
import { mayStart, RateLimits, type Limits } from './rate-limit.ts';
import { Places } from './places.ts';
import { bytesOf, refuseDeclared, refuseType, textOf } from './receive.ts';
import { forgetContent, ready, send, type Ready } from './send.ts';
import { slashesTaken } from './slashes.ts';
import { SlowRefusals } from './slow-refusals.ts';
import { formCheck, inputCheck } from './validate.ts';

/** What the HTTP server is made of. */
export interface HttpOptions {
  readonly routes: readonly Route[];
  readonly identify: Identify;
  /** Whether a text has the form of a session token. */
  readonly isSessionToken: (token: string) => boolean;
  /** Whether it has that of a user's token or of an API key, valid or not. */
  readonly isUserToken: (token: string) => boolean;
  readonly origins: Origins;
  /** Whether it has that of a signed identity of a client. */
  readonly isIdentityToken: (token: string) => boolean;
  /** The address of whoever calls, as far as proxies are believed. */
  readonly callerOf: (request: IncomingMessage) => string;
  /** Whether any proxy is believed. */
  readonly proxiesKnown: boolean;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  readonly notices: Notices;
  readonly openAnswers: OpenAnswers;
  /** In which long bodies of open calls are read; absent where those are not limited. */
  readonly bodyPace?: BodyPace | undefined;
  /** Hears of each answered call: operation, status, seconds. */
  readonly observe: (operation: string, status: number, seconds: number) => void;
}

/** Most bytes of a JSON body. */
const BODY_LIMIT = 256 * 1024;

/** Refusals that whoever runs the server learns of. */
const told: Readonly<Partial<Record<ErrorCode, Notice>>> = {
  'not-authenticated': 'token-refused',
  'token-invalid': 'token-refused',
  'session-token-refused': 'token-refused',
  'identity-refused': 'token-refused',
  'wrong-credentials': 'credentials-refused',
  'refresh-refused': 'credentials-refused',
  'too-many-requests': 'call-limited',
  'request-late': 'sender-cut',
};

/** The HTTP server with all routes under all bases; it listens to nothing yet. */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  let requests = 0;
  const prefix = process.hrtime.bigint().toString(36);
  const taken = slashesTaken(options.routes);
  const server = fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // What is told of a call names it by itself: nearly all have nothing told of them.
    childLoggerFactory: (logger) => logger,
    genReqId: () => `${prefix}-${(++requests).toString(36)}`,
    forceCloseConnections: 'idle',
    rewriteUrl: ({ url = '' }) => underOneBase(taken(url)),
    routerOptions: { maxParamLength: 512 },
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    frameworkErrors(_error, request, reply) {
      const counted = failureOf(() => limits.count({ user: null, address: options.callerOf(request.raw) }));
      void fail(reply, request, counted ?? badField('path', 'is not a valid address'));
    },
  });
  const limits = new RateLimits(options.limits, options.clock);
  const refusals = new SlowRefusals(systemClock);
  const bodies = new OpenBodies(options.notices);
  const reading = { limit: BODY_LIMIT, clock: options.clock, bodies, addressOf: options.callerOf };
  server.addHook('onSend', (request, reply, payload, done) => {
    describeAnswer(reply);
    bodies.answered(request.raw);
    const bytes = typeof payload === 'string' || payload instanceof Uint8Array ? payload.length : 0;
    if (bytes > 0) options.openAnswers.add(options.callerOf(request.raw), reply.raw, bytes);
    done();
  });
  const addresses = new Addresses();
  server.addHook('onRoute', ({ url, method, config }) => {
    if (config?.refused !== true && url !== '*') addresses.add({ url, method });
  });
  /** When a body may be read in the pace of its address, where that is not now; a user's, who is known, is read as it comes. */
  const turnOf = (request: FastifyRequest, text: string): Promise<void> | undefined => {
    if (options.bodyPace === undefined || request.routeOptions.config.operation === undefined) return undefined;
    const { user, address } = callers(request);
    return user === null ? options.bodyPace.take(address, Buffer.byteLength(text)) : undefined;
  };
  server.removeAllContentTypeParsers();
  // What is named is found, and what is not is parsed anew with each call.
  server.addContentTypeParser(['application/json', '*'], async (request: FastifyRequest) => {
    const text = await textOf(request.raw, reading);
    const turn = turnOf(request, text);
    if (turn !== undefined) {
      await turn;
      if (request.raw.socket.destroyed) throw new Failure('body-incomplete');
    }
    return parseJson(request, text);
  });
  await server.register(cors, {
    origin: (origin, callback) => callback(null, origin !== undefined && options.origins.allow(origin, undefined)),
    strictPreflight: false,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['x-error-code', 'x-request-id', 'idempotent-replay', 'retry-after'],
    maxAge: 600,
  });
  server.addHook('onRequest', ({ headers: { origin, host }, raw }, _reply, done) => {
    if (origin !== undefined && !options.origins.allow(origin, host)) {
      tellForeign(options.notices, origin, options.callerOf(raw));
    }
    done();
  });
  let advised = options.proxiesKnown;
  const adviseOfProxy = (request: FastifyRequest): void => {
    if (advised || request.headers['x-forwarded-for'] === undefined) return;
    advised = true;
    const address = options.callerOf(request.raw);
    options.log.warn({ address }, 'callers behind a proxy count as one: name the proxy in MOLVA_TRUSTED_PROXIES');
  };
  const fail = (reply: FastifyReply, request: FastifyRequest, failure: Failure | undefined): FastifyReply =>
    send(reply, request, errorAnswer(failure, request.id), options.clock);
  server.setErrorHandler((error, request, reply) => {
    const failure = isUnknownMethod(error) ? noRoute(addresses, request) : asFailure(error);
    if (failure === undefined) request.log.error({ error, requestId: request.id }, 'a call failed');
    if (failure?.code === 'too-many-requests') adviseOfProxy(request);
    const by = { address: options.callerOf(request.raw) };
    if (failure?.code === 'no-room') tellLack(options.notices, error, by);
    const notice = failure && told[failure.code];
    if (notice !== undefined) options.notices.tell(notice, by);
    forgetContent(reply);
    const waits = failure?.code === 'too-many-requests' ? refusals.wait(options.callerOf(request.raw)) : undefined;
    return waits === undefined ? fail(reply, request, failure) : waits.then(() => fail(reply, request, failure));
  });
  server.setNotFoundHandler((request, reply) => fail(reply, request, noRoute(addresses, request)));
  const callers = knowCallers(server, { ...options, limits }, ({ id }, error) => {
    options.observe(id, asFailure(error)?.status ?? 500, 0);
  });
  const places = new Places(options.clock);
  await server.register(async (streams) => {
    streams.removeAllContentTypeParsers();
    // The body is read by who serves the call, when it is known who calls.
    streams.addContentTypeParser('*', (_request, _body, done) => done(null));
    for (const route of options.routes) {
      const scope = route.operation.consumes === undefined ? server : streams;
      addRoute(scope, route, options, { limits, callers, places });
    }
  });
  for (const { url, method } of addresses.shadowed()) {
    const refuse = async (request: FastifyRequest): Promise<never> => Promise.reject(noRoute(addresses, request));
    server.route({ url, method, config: { refused: true }, onRequest: refuse, handler: refuse });
  }
  return server;
}

/** Stands where the framework would load compilers of its own: what is checked is checked by the contract's schemas. */
function noSchemas(): never {
  throw new TypeError('A route names no schema: its operation does.');
}

function addRoute(
  server: FastifyInstance,
  route: Route,
  options: HttpOptions,
  { limits, callers, places }: { readonly limits: RateLimits; readonly callers: Callers; readonly places: Places },
): void {
  const { operation } = route;
  const check = inputCheck(operation);
  const stream = streamOf(operation, options.clock);
  const starts = mayStart(operation.id);
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const started = systemClock.elapsed();
    const observe = (status: number): void =>
      options.observe(operation.id, status, (systemClock.elapsed() - started) / 1000);
    try {
      const answer = await answerTo(request);
      observe(answer.status);
      return send(reply, request, answer, options.clock);
    } catch (error) {
      observe(asFailure(error)?.status ?? 500);
      throw error;
    }
  };
  const answerTo = async (request: FastifyRequest): Promise<Ready> => {
    const caller = callers(request);
    const input = check({ params: request.params, query: request.query, body: request.body });
    if (stream !== undefined) input.body = stream(request);
    const header = (name: string): string | undefined => request.headers[name] as string | undefined;
    const serve = (): Promise<Answer> =>
      places.serve(operation, caller, () => route.serve({ ...input, caller, header } as Parameters<Route['serve']>[0]));
    return ready(request, await (starts ? limits.start(caller, serve) : serve()));
  };
  for (const path of pathsOf(operation)) {
    server.route({
      method: methodsOf(operation),
      url: API_BASE + routePath(path, operation),
      config: { operation },
      handler,
    });
  }
}

/** Begins to read the body of a call that consumes a stream; undefined for all the others. */
function streamOf(
  operation: Operation,
  clock: Clock,
): ((request: FastifyRequest) => AsyncIterable<unknown>) | undefined {
  const { consumes } = operation;
  if (consumes === undefined) return undefined;
  const checked = formCheck(operation);
  return ({ raw }) => {
    refuseType(raw, consumes);
    refuseDeclared(raw, consumes.limit);
    const bytes = bytesOf(raw, consumes.limit, clock);
    return consumes.type === 'multipart/form-data' ? checked(partsOf(raw.headers['content-type'] ?? '', bytes)) : bytes;
  };
}

/** The methods an operation is served under. */
function methodsOf({ method }: Operation): string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : [method];
}

/** A path in the router's form; the last parameter may take the rest. */
function routePath(path: string, operation: Operation): string {
  const open = operation.takesRest ? path.replace(/\{\w+\}$/, '*') : path;
  return open.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** What a check throws; undefined where it passes. */
function failureOf(check: () => void): Failure | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** A method that may carry a body and says nothing of it, which the framework refuses before it looks for a route. */
function isUnknownMethod(error: unknown): boolean {
  return (error as { code?: string }).code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE';
}

/** What is said where no route fits: the path is unknown, or the method is. */
function noRoute(addresses: Addresses, request: FastifyRequest): Failure {
  const allowed = addresses.allowed(request.url.split('?', 1)[0] ?? '');
  return allowed.length === 0
    ? new Failure('path-not-found')
    : new Failure('method-not-allowed', null, { allow: allowed.join(', ') });
}
