import { EventName, type EventPage, type ListPage, type Message, type MessageAccepted } from '@molva/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommittedEvent } from '../../../platform/announcer.ts';
import { openDatabase, type Database } from '../../../platform/database.ts';
import { systemIds } from '../../../platform/ids.ts';
import { Vault } from '../../../platform/vault.ts';
import { runSql } from '../../../testing/rows.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';
import type { ChatRecord } from '../../chats/index.ts';
import { append, writeOf } from './append.ts';
import { chatOf } from './chat-of.ts';
import { Draft, type NewMessage } from './draft.ts';
import { SessionReader } from './load.ts';
import { SessionStore } from './store.ts';
import { EventStreams } from './streams.ts';

let app: TestApp;
let database: Database;
let chatId: string;
let chat: ChatRecord;
const ids = systemIds(() => Date.now());
const ports = { ids, vault: new Vault([{ id: 'test', key: new Uint8Array(32) }], ids) };
beforeAll(async () => {
  app = await startTestApp();
  database = openDatabase(app.connection, 2, () => undefined);
  chatId = await app.chat(echoBlocks);
  chat = await chatOf(
    { chatId: null, companyId: 1, botId: '' },
    {
      chats: { evenDeleted: () => Promise.reject(new Error('it has none')) },
      companies: { callbackSecret: async () => null },
    },
  );
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

/** What can be said: all of Unicode but what no text of the database can hold. */
const text = (maxLength: number) =>
  fc.string({ unit: 'binary', maxLength }).map((any) => any.replaceAll('\0', '').toWellFormed());
const some = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 3 });
const instant = fc.constantFrom('2026-01-28T12:00:05+00:00', '1999-12-31T23:59:59+00:00');
const attachment = fc.record({
  id: fc.uuid(),
  contentType: text(20),
  size: fc.nat(),
  downloadLink: text(20),
  name: text(20),
  url: fc.option(text(20)),
  isPrivate: fc.boolean(),
  createdAt: instant,
  baseName: text(5),
  extension: text(5),
  suggestedExtension: text(5),
  sugestedExtension: text(5),
  path: text(5),
});
const authorType = fc.constantFrom('CLIENT', 'BOT', 'OPERATOR');
const button = fc.record({ type: fc.constant('text' as const), text: text(9) });
const message: fc.Arbitrary<NewMessage> = fc.record(
  {
    id: fc.uuid(),
    authorType,
    authorId: fc.oneof(fc.uuid(), fc.nat().map(String)),
    authorName: text(30),
    body: fc.oneof(
      text(60),
      text(60).map((body) => `👩‍👩‍👧 ${body}`.repeat(60)),
      fc.constant('{"createdAt":"2026-01-28T12:00:05.239+00:00"}'),
    ),
    type: fc.constantFrom('REGULAR', 'TERMINAL'),
    answers: some(text(9)),
    keyboard: fc.option(fc.record({ buttonsInRow: fc.nat(), buttons: some(button) })),
    attachments: some(attachment),
    actions: some(
      fc.record({ type: text(9), event: text(9), label: text(9), data: text(9) }, { requiredKeys: ['type'] }),
    ),
    avatar: text(20),
    replyTo: fc.record(
      { id: fc.uuid(), authorType, body: text(60), authorName: text(9) },
      { requiredKeys: ['id', 'authorType'] },
    ),
    clientMessageId: fc.uuid(),
    nodeId: text(9),
  },
  { requiredKeys: ['id', 'authorType', 'authorId', 'authorName', 'body'] },
);
const happening = fc.oneof({ arbitrary: message, weight: 4 }, { arbitrary: fc.constant('other' as const), weight: 1 });

/** Lets things happen in one step; answers the events as they are told at once. */
async function happen(id: string, happenings: readonly (NewMessage | 'other')[]): Promise<readonly CommittedEvent[]> {
  const session = await new SessionReader(database, () => undefined).read(id);
  if (session === undefined) throw new Error('there is no such session');
  const draft = new Draft(session, chat, Date.now(), ports);
  for (const one of happenings) {
    if (one === 'other') draft.addEvent(EventName.chatMessageDeleted, { id: ids.uuid7() });
    else draft.addMessage({ ...one, id: ids.uuid7(), ...(one.clientMessageId && { clientMessageId: ids.uuid4() }) });
  }
  expect(await append(database, writeOf(ports, draft), null)).toBe(true);
  return draft.events;
}

/** All of a log as its readers have it from a place on. */
async function read(id: string, after: number, limit: number): Promise<{ live: unknown; http: unknown[] }> {
  const [live, page] = await Promise.all([
    new EventStreams(database).after(new Map([[id, after]]), limit),
    new SessionStore(database).eventsAfter(id, after, limit),
  ]);
  return { live: live.get(id) ?? [], http: page.items.map(({ data }) => JSON.stringify(data)) };
}

/** Reads the log from each place on and in pages of some sizes: each time it is what was told. */
async function expectRead(id: string, told: readonly CommittedEvent[]): Promise<void> {
  for (let after = 0; after <= told.length; after++) {
    for (const limit of [2, 1000]) {
      const events = told.slice(after, after + limit);
      expect(await read(id, after, limit)).toEqual({ live: events, http: events.map(({ data }) => data) });
    }
  }
}

/** A session, and what its log says of what happened before anything else. */
async function begun(): Promise<{ id: string; told: CommittedEvent[] }> {
  const { id } = await app.start(chatId);
  const told = (await new EventStreams(database).after(new Map([[id, 0]]), 10)).get(id) ?? [];
  return { id, told };
}

it('what the log says of a message is to the byte what was told at once, whoever said it and whatever it has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(happening, { minLength: 1, maxLength: 5 }), { maxLength: 3 }), async (steps) => {
      const { id, told } = await begun();
      for (const step of steps) told.push(...(await happen(id, step)));
      await expectRead(id, told);
    }),
    { numRuns: 10 },
  );
});

/** Makes the log of so many events what an earlier build wrote: a row for each. */
async function asBefore(id: string, events: readonly CommittedEvent[]): Promise<void> {
  for (const { eventSeq, event, audience, data } of events) {
    await runSql(
      database,
      `insert into session_events (session_id, event_seq, event, audience, data, created_at) values ($1, $2, $3, $4, $5, now())
        on conflict (session_id, event_seq) do nothing`,
      [id, eventSeq, event, audience, data],
    );
  }
}

it('a log that an earlier build began is read as it wrote it, and goes on', async () => {
  const [said, more] = fc.sample(message, 2) as [NewMessage, NewMessage];
  const { id, told } = await begun();
  told.push(...(await happen(id, [said, 'other', more])));
  await asBefore(id, told);
  // What it logged does not follow the messages.
  await runSql(database, `update messages set body = 'another' where session_id = $1`, [id]);
  await expectRead(id, told);
  for (const step of [[said], [more, 'other'], [said]] as const) {
    told.push(...(await happen(id, step)));
    await expectRead(id, told);
  }
});

describe('what was said', () => {
  const log = async (id: string) => (await app.call<EventPage>('GET', `/sessions/${id}/events?limit=1000`)).body.items;
  const bodies = async (id: string) =>
    (await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages`)).body.items.map(({ body }) => body);
  const say = async (path: string, message: object) =>
    (await app.call<MessageAccepted>('POST', path, message, app.admin)).body.id;

  it.each(['by this build', 'by an earlier one'])(
    'stays in the log through edits, and a deletion takes the texts alone: %s',
    async (by) => {
      const { id } = await app.start(chatId);
      const asked = await say(`/sessions/${id}/clients/messages`, { body: 'When?' });
      const answer = await say(`/sessions/${id}/operators/messages`, { body: 'At nien', replyToMessageId: asked });
      if (by === 'by an earlier one') {
        await asBefore(id, (await new EventStreams(database).after(new Map([[id, 0]]), 100)).get(id) ?? []);
      }
      const before = await log(id);
      for (const body of ['At nine', 'At ten']) await app.call('PATCH', `/messages/${answer}`, { body }, app.admin);
      await app.call('PATCH', `/messages/${asked}/read`, {}, app.admin);
      expect(await bodies(id)).toEqual(['Say something', 'When?', 'You said When?', 'More?', 'At ten']);
      const after = await log(id);
      expect(JSON.stringify(after.slice(0, before.length))).toBe(JSON.stringify(before));
      expect(after.slice(before.length).map(({ event }) => event)).toEqual([
        EventName.chatMessageEdited,
        EventName.chatMessageEdited,
        EventName.chatMessageRead,
      ]);

      await app.call('DELETE', `/messages/${answer}`, [], app.admin);
      const emptied = before.map((one) => {
        const isDeleted = one.event === EventName.chatMessageCreated && one.data.id === answer;
        return isDeleted ? { ...one, data: { ...one.data, body: '' } } : one;
      });
      expect((await log(id)).slice(0, before.length)).toEqual(emptied);
    },
  );
});
