import { Readable } from 'node:stream';
import { API_BASE, LIVE_PATH, asyncApiDocument, openApiSteps, operations } from '@molva/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { systemClock } from '../platform/clock.ts';
import type { DatabaseWatch } from '../platform/database.ts';
import { databaseAway, Failure } from '../platform/failure.ts';
import type { Metrics } from '../platform/metrics.ts';
import { streamed } from '../platform/route.ts';
import { inTurns, ownTurn } from '../platform/turns.ts';
import { Compressed } from './compressed.ts';
import { errorAnswer } from './error-answer.ts';
import { addMetrics } from './metrics-door.ts';
import { ready, send } from './send.ts';

/** Adds what operators and tools ask of a service: health, metrics, the descriptions of the API. */
export function addService(
  server: FastifyInstance,
  parts: {
    watch: DatabaseWatch;
    /** The figures and the token that opens them; absent where they are not answered beside the API. */
    metrics?: { of: Metrics; token: string };
    url: string;
    version: string;
  },
): void {
  // Who supervises the server may share its address with visitors, and would end it where they ask for too much.
  const uncounted = { config: { uncounted: true } };
  read(server, '/health/live', async () => ({ status: 'live' }), uncounted);
  const readiness = async (request: FastifyRequest, reply: FastifyReply): Promise<object> => {
    if (await parts.watch.check()) return { status: 'ready' };
    const { status, headers } = errorAnswer(databaseAway(), request.id);
    return reply
      .code(status)
      .headers(headers ?? {})
      .send({ status: 'the database does not answer' });
  };
  read(server, '/health/ready', readiness, uncounted);
  if (parts.metrics !== undefined) addMetrics(server, parts.metrics.of, parts.metrics.token);
  server.all(LIVE_PATH, async () => {
    throw new Failure('upgrade-required', null, { upgrade: 'websocket', connection: 'upgrade' });
  });
  addDocument(server, 'openapi.json', () => inTurns(openApiSteps(Object.values(operations), parts.url, parts.version)));
  addDocument(server, 'asyncapi.json', async () => asyncApiDocument(parts.url, parts.version));
}

/** What answers a reading. */
type Reading = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Serves a reading, under HEAD too. */
export function read(server: FastifyInstance, url: string, handler: Reading, options: object = {}): void {
  server.route({ ...options, method: ['GET', 'HEAD'], url, handler });
}

/** Serves a document of the API. It is made when somebody first asks: a start does not wait for it. */
function addDocument(server: FastifyInstance, name: string, make: () => Promise<object>): void {
  let making: Promise<Buffer> | undefined;
  let bytes: Buffer | undefined;
  const whenMade = async (): Promise<Buffer> => {
    making ??= make()
      .then((document) => (bytes = Buffer.from(JSON.stringify(document))))
      .finally(() => (making = undefined));
    const made = await making;
    // Everybody who asked meanwhile hears of it now.
    await ownTurn();
    return made;
  };
  const compressed = new Compressed();
  read(server, `${API_BASE}/${name}`, async (request, reply) => {
    const made = bytes ?? (await whenMade());
    const open = async (): Promise<AsyncIterable<Uint8Array>> => Readable.from([made]);
    const whole = { type: 'application/json; charset=utf-8', length: made.length, open };
    const content = await compressed.content(name, whole, request, reply);
    return send(reply, request, await ready(request, streamed(content)), systemClock);
  });
}
