import type { ListPage, LoggedEvent } from '@molva/contract';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { freshDatabase } from '../../testing/fresh-database.ts';
import { HaltingClock } from '../../testing/halting-clock.ts';
import { openLosingDatabase, type LosingDatabase } from '../../testing/losing-database.ts';
import { openLog } from '../../platform/log.ts';
import { setBack } from '../../testing/set-back.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

/** Connections that break are what these tests are about: nothing new to be told. */
const log = openLog('silent', false);
const clock = new HaltingClock();
const opened = new AsyncDisposableStack();
let database: LosingDatabase;
let app: TestApp;
/** A second process on the same database. */
let other: TestApp;
let chatId: string;
beforeAll(async () => {
  const behind = await freshDatabase();
  database = opened.use(await openLosingDatabase(behind));
  app = opened.use(await startTestApp({ connection: database.connection, clock, log }));
  other = opened.use(await startTestApp({ connection: behind, log }));
  chatId = await app.chat(echoBlocks);
});
afterAll(() => opened.disposeAsync());

interface Standing {
  readonly id: string;
  /** Events as they were heard. */
  readonly heard: number[];
  /** How often the socket connected: a standing one once. */
  connects: number;
  /** Whether the last of them brought what was missed. */
  recovered: boolean | undefined;
}

/** A session with the socket of the official client that stands from its start on and hears everything. */
async function standing(): Promise<Standing> {
  const { id } = await app.start(chatId);
  const client = new Centrifuge(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
    websocket: WebSocket,
    data: { application: 'widget', settings: { sessions: [id], echo: true } },
  });
  const session: Standing = { id, heard: [], connects: 0, recovered: undefined };
  client.on('connected', () => session.connects++);
  client.on('subscribed', ({ recovered }) => (session.recovered = recovered));
  client.on('publication', ({ data, offset }: PublicationContext) => {
    if (offset !== undefined) session.heard.push((data as { data: { eventSeq: number } }).data.eventSeq);
  });
  opened.defer(() => client.disconnect());
  client.connect();
  await client.ready(30_000);
  return session;
}

const logged = async ({ id }: Standing): Promise<number[]> => {
  const { body } = await app.call<ListPage<LoggedEvent>>('GET', `/sessions/${id}/events?limit=1000`);
  return body.items.map(({ eventSeq }) => eventSeq);
};

/** The greeting came before the socket. */
const afterGreeting = (events: readonly number[]): number[] => events.slice(1);

const say = (by: TestApp, { id }: Standing, body: string, key?: string) =>
  by.call('POST', `/sessions/${id}/clients/messages`, { body }, key === undefined ? {} : { 'idempotency-key': key });

it('what was committed is heard once and in order although the answer of the commit was lost; its repeat is a replay', async () => {
  const session = await standing();
  await say(app, session, 'before');
  database.loseAnswerTo('doomed');
  const key = crypto.randomUUID();
  expect((await say(app, session, 'doomed', key)).status).toBe(503);
  expect(database.lost).toBe(1);
  await expect.poll(() => session.heard).toEqual([2, 3, 4, 5, 6, 7]);

  const repeat = await say(app, session, 'doomed', key);
  expect([repeat.status, repeat.headers.get('idempotent-replay')]).toEqual([200, 'true']);
  await say(app, session, 'after');
  await expect.poll(() => session.heard.length).toBe(9);
  expect(session.heard).toEqual(afterGreeting(await logged(session)));
  expect(session.connects).toBe(1);
});

it.each([
  ['message', 'POST', ({ id }: Standing) => `/sessions/${id}/clients/messages`, { body: 'elsewhere' }],
  ['continued start', 'PUT', () => `/chats/${chatId}/sessions`, { messageBody: 'elsewhere' }],
])('the repeat of a %s makes heard what nobody told of', async (_name, method, path, body) => {
  const session = await standing();
  // Committed elsewhere: this process is told of it by the repeat alone, since it does not look of itself meanwhile.
  using _halted = clock.halt();
  const key = { 'idempotency-key': crypto.randomUUID() };
  const named = method === 'PUT' ? { ...body, sessionId: session.id } : body;
  await other.call(method, path(session), named, key);
  const repeat = await app.call(method, path(session), named, key);
  expect([repeat.status, repeat.headers.get('idempotent-replay')]).toEqual([200, 'true']);
  await expect.poll(() => session.heard).toEqual([2, 3, 4]);
});

it('events of two processes leave in one order, however they mix', async () => {
  const sessions = await Promise.all(Array.from({ length: 8 }, () => standing()));
  const talk = sessions.flatMap((session) =>
    [app, other].map(async (by, index) => {
      for (let count = 0; count < 10; count++) await say(by, session, `${index} ${count}`);
    }),
  );
  await Promise.all(talk);
  // The last word of all comes from here, so that nothing is left for the sweep.
  for (const session of sessions) await say(app, session, 'last');
  for (const session of sessions) {
    const events = await logged(session);
    expect(events).toHaveLength(1 + 21 * 3);
    await expect.poll(() => session.heard).toEqual(afterGreeting(events));
    expect(session.connects).toBe(1);
  }
});

it('what was committed elsewhere and never told of is found by itself', async () => {
  const session = await standing();
  await say(other, session, 'elsewhere');
  await expect.poll(() => session.heard).toEqual([2, 3, 4]);
});

it('what was committed elsewhere while the connections were broken is heard once they are back', async () => {
  const sessions = await Promise.all(Array.from({ length: 20 }, standing));
  database.shut();
  for (const session of sessions) await say(other, session, 'meanwhile');
  database.open();
  for (const session of sessions) await expect.poll(() => session.heard).toEqual([2, 3, 4]);
  expect(sessions.map(({ connects }) => connects)).toEqual(sessions.map(() => 1));
});

it('a database that has gone back is noticed with the first word said in it: sockets begin anew and miss nothing', async () => {
  const session = await standing();
  const kept = await logged(session);
  const { items } = (await app.call<ListPage<{ seq: number }>>('GET', `/sessions/${session.id}/messages`)).body;
  for (const body of ['one', 'two', 'three']) await say(app, session, body);
  await expect.poll(async () => afterGreeting(await logged(session))).toEqual(session.heard);
  await setBack(app, session.id, kept.at(-1) ?? 0, items.at(-1)?.seq ?? 0);
  const before = session.heard.length;

  expect((await say(app, session, 'the first since')).status).toBe(201);
  await expect.poll(() => session.connects).toBe(2);
  expect(session.recovered).toBe(false);
  const at = (await logged(session)).length;
  await say(app, session, 'the second since');
  await expect.poll(() => session.heard.slice(before)).toEqual((await logged(session)).slice(at));
});
