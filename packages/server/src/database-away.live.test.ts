import { Centrifuge } from 'centrifuge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ExternalDatabase } from './testing/external-database.ts';
import { keptLog } from './testing/kept-log.ts';
import { startTestApp, type TestApp } from './testing/test-app.ts';
import { openWire, type Wire } from './testing/wire.ts';

const opened = new AsyncDisposableStack();
const { log, messages } = keptLog();
let database: ExternalDatabase;
let wire: Wire;
let app: TestApp;
let chatId: string;
beforeAll(async () => {
  database = opened.use(await ExternalDatabase.open());
  wire = opened.use(await openWire({ connectionString: database.connectionString }));
  app = opened.use(await startTestApp({ connection: wire.connection, log }));
  chatId = await app.chat({
    start: { type: 'start', next: 'ask' },
    ask: { type: 'question', text: 'Well?', default: 'wait' },
    wait: { type: 'pause', seconds: 1, next: 'again' },
    again: { type: 'question', text: 'After the pause', default: 'wait' },
  });
});
afterAll(() => opened.disposeAsync());

const ready = () => app.call('GET', '/api/../health/ready');
const say = (id: string, body: string) => app.call('POST', `/sessions/${id}/clients/messages`, { body });
const about = (text: string) => messages.filter((message) => message.includes(text));

const troubles: [string, () => Promise<() => void>][] = [
  [
    'stands still',
    async () => {
      await database.freeze();
      return () => database.thaw();
    },
  ],
  [
    'is behind a network that loses everything in silence',
    async () => {
      const muted = wire.mute();
      return () => muted[Symbol.dispose]();
    },
  ],
];

describe.each(troubles)('a database that %s', (_what, begin) => {
  it('is noticed, said once, and everything goes on by itself when it is back', async () => {
    messages.length = 0;
    const { id } = await app.start(chatId);
    const client = new Centrifuge(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
      websocket: WebSocket,
      data: { application: 'widget', settings: { sessions: [id] } },
    });
    using _leaving = { [Symbol.dispose]: () => client.disconnect() };
    client.connect();
    await client.ready();
    await say(id, 'begin the pause');

    const end = await begin();
    // Without an answer there is nothing to wait for: whoever asks whether it is ready hears so in a moment.
    expect((await ready()).status).toBe(503);
    await expect.poll(() => about('does not answer').length).toBe(1);
    const answer = await say(id, 'while it is away');
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([503, 'database-away']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const refused = { data: { success: false, code: 'database-away', retryAfter: 2 } };
    expect(await client.rpc('readMessage', { id, messageId: crypto.randomUUID() })).toEqual(refused);
    const said = { id, body: 'over the socket', clientMessageId: crypto.randomUUID() };
    expect(await client.rpc('sendMessage', said)).toEqual(refused);
    await expect(client.rpc('joinSession', { id })).rejects.toMatchObject({ code: 503, temporary: true });
    expect((await ready()).headers.get('retry-after')).toBe('2');

    end();
    await expect.poll(async () => (await ready()).status).toBe(200);
    expect((await say(id, 'when it is back')).status).toBe(201);
    expect((await client.rpc('sendMessage', said)).data).toHaveProperty('seq');
    const listed = async () => (await app.call<{ items: { body: string }[] }>('GET', `/sessions/${id}/messages`)).body;
    await expect.poll(async () => (await listed()).items.map(({ body }) => body)).toContain('After the pause');
    expect([about('does not answer').length, about('answers again').length]).toEqual([1, 1]);
    expect(about('a call failed')).toEqual([]);
  });
});

it('connections that died in silence are given up, and those that are made anew serve the next calls', async () => {
  messages.length = 0;
  const { id } = await app.start(chatId);
  wire.swallow();
  await expect.poll(async () => (await ready()).status).toBe(200);
  expect((await say(id, 'over a new connection')).status).toBe(201);
  expect(about('does not answer')).toEqual([]);
});

it('a database that was gone for a moment serves the first call when it is back', async () => {
  messages.length = 0;
  const { id } = await app.start(chatId);
  await database.stop('SIGQUIT');
  expect((await say(id, 'while it is gone')).status).toBe(503);
  await database.start();
  expect((await say(id, 'as soon as it is back')).status).toBe(201);
  expect([about('does not answer').length, about('answers again').length]).toEqual([1, 1]);
});

it('a stop ends while the database says nothing', async () => {
  await using beside = await startTestApp({ connection: wire.connection, log });
  using _muted = wire.mute();
  await beside[Symbol.asyncDispose]();
  expect(about('a call failed')).toEqual([]);
});
