import type { DialogAnswer, EventPage, ListPage, LoggedEvent, Message, Session, SessionStarted } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../platform/database.ts';
import { storedWireDates } from '../../platform/instant.ts';
import { json, startReceiver, type Received, type Receiver } from '../../testing/receiver.ts';
import { runSql } from '../../testing/rows.ts';
import { SkippingClock } from '../../testing/skipping-clock.ts';
import { ADMIN, startTestApp, testSecrets, type Answered, type TestApp } from '../../testing/test-app.ts';
import { loadOldDatabase, type OldDatabase, type OldSession } from '../../testing/upgraded.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let old: OldDatabase;
let app: TestApp;
let integrator: Receiver;
const clock = new SkippingClock();
/** What was read first after the upgrade. */
let first: ReadonlyMap<string, Session>;
/** What was logged before the upgrade, by session, as the rows of then say it. */
let logs: ReadonlyMap<string, readonly Pick<LoggedEvent, 'eventSeq' | 'event' | 'data'>[]>;
/** Until the first look is over nothing is answered afar, so that what is asked at the start is seen before. */
const looked = Promise.withResolvers<void>();

beforeAll(async () => {
  integrator = await startReceiver(async ({ path, body }, response) => {
    if (path === '/down' || path === '/dialog') return response.writeHead(204).end();
    await looked.promise;
    const { kind, message } = body as { kind: string; message: { text: string } | null };
    return json(response, { messages: [{ body: `Afar again: ${message?.text ?? kind}` }] });
  });
  old = await loadOldDatabase('2026-11-28-before-the-floor', 13, integrator.url);
  await using database = openDatabase(old.connection, 1, () => undefined);
  logs = await oldLogs(database);
  const files = await tableFiles(database);
  const secrets = testSecrets(Buffer.from(old.sessionKey, 'base64'));
  app = await startTestApp({ connection: old.connection, secrets, clock });
  // Tables of millions of rows are not written anew.
  expect(await tableFiles(database)).toEqual(files);
  const seen = await Promise.all(listed.map(async (name) => [name, await now(name)] as const));
  first = new Map(seen);
  looked.resolve();
});
afterAll(async () => {
  looked.resolve();
  await app[Symbol.asyncDispose]();
  await integrator[Symbol.asyncDispose]();
});

async function oldLogs(database: Database): Promise<typeof logs> {
  const text = `select session_id, json_agg(json_build_object('eventSeq', event_seq, 'event', event, 'data', data)
      order by event_seq)::text as events from session_events group by session_id`;
  const rows = await runSql<{ session_id: string; events: string }>(database, text);
  return new Map(rows.map(({ session_id: id, events }) => [id, JSON.parse(storedWireDates(events)) as LoggedEvent[]]));
}
const tableFiles = (database: Database) =>
  runSql(
    database,
    `select pg_relation_filenode('messages') as messages, pg_relation_filenode('session_events') as events`,
  );

function was(what: string): OldSession {
  const found = old.sessions[what];
  if (found === undefined) throw new Error(`the dump has no session "${what}"`);
  return found;
}
const person = (name: string): string => String(old.people[name]);

/** Headers of users; tokens end while the clock skips. */
const headers = new Map<string, Promise<Record<string, string>>>();
function as(name: string): Promise<Record<string, string>> {
  const login = async () => {
    const { body } = await app.call<{ token: string }>('POST', '/auth/login', { ...ADMIN, email: `${name}@test` });
    return { authorization: `Bearer ${body.token}` };
  };
  const header = headers.get(name) ?? login();
  headers.set(name, header);
  return header;
}
function skip(milliseconds: number): void {
  clock.skip(milliseconds);
  headers.clear();
}
async function now(what: string): Promise<Session> {
  return (await app.call<Session>('GET', `/sessions/${was(what).id}`, undefined, await as('admin'))).body;
}
const said = async (what: string): Promise<string[]> =>
  (await app.call<ListPage<Message>>('GET', `/sessions/${was(what).id}/messages?limit=100`)).body.items.map(
    ({ body }) => body,
  );
/** What was said since the upgrade. */
const since = async (what: string): Promise<string[]> => (await said(what)).slice(was(what).said.length);
const say = (what: string, body: string, key?: string): Promise<Answered> =>
  app.call(
    'POST',
    `/sessions/${was(what).id}/clients/messages`,
    { body },
    key === undefined ? {} : { 'idempotency-key': key },
  );
const answer = (what: string, body: string): Promise<Answered> =>
  app.call('POST', `/botanswers/${was(what).replyToken}`, { messages: [{ body }] });
const asked = (what: string): Received[] =>
  integrator.received.filter(({ body }) => body['sessionId'] === was(what).id && 'reply' in body);
/** What comes to be true in a while. */
const answers = <T>(look: () => T | Promise<T>) => expect.poll(look);
/** Somebody of the first names answers in the session. */
const isWith = async (what: string, ...names: readonly string[]): Promise<boolean> => {
  const { operatorId } = await now(what);
  return names.some((name) => person(name) === operatorId);
};

/** Each row of the dump but the dialogs, which people cannot look at. */
const listed = [
  'help: of the night',
  'help: of anybody',
  'help: the bot failed',
  'help: its group is gone',
  'help: somebody came online since',
  'closed: from the help list',
  'bot: goes on where nobody is there',
  'bot: a script follows where nobody is there',
  'bot: waits',
  'bot: waits afar',
  'bot: silent',
  'bot: waits long',
  'bot: waits long afar',
  'bot: pauses long',
  'closed: by its bot',
  'closed: while its bot waited',
  'closed: as spam',
  'closed: past its life',
  'person: by routing',
  'person: took it from the bot',
  'person: the bot had failed',
  'person: answered in time',
  'closed: by a person',
  'closed: while its bot was asked',
  'bot: a script follows a person',
  'person: two take part',
  'person: pauses',
  'person: offline for days',
  'person: never says whether he is there',
  'person: a supervisor',
  'person: has just left',
  'bot: past its life',
  'bot: past its life, a script follows',
  'bot: asked',
  'bot: asked three things',
  'bot: promised an answer',
  'bot: promised, and was asked more',
  'bot: was told that nobody is there',
  'bot: became a scenario',
  'bot: asks for a rating',
  'person: owes an answer',
  'person: owes nothing yet',
  'bot: waits a little',
  'bot: promised for a short time',
  'bot: pauses',
  'bot: its calls wait',
] as const;

/** Fields that differ after the upgrade, and why. */
const differences: Partial<Record<(typeof listed)[number], { fields: readonly (keyof Session)[]; why: string }>> = {};
function differ(why: string, fields: readonly (keyof Session)[], sessions: readonly (typeof listed)[number][]): void {
  for (const name of sessions) differences[name] = { fields, why };
}
differ(
  'whoever is online gets what waits in the help list',
  ['operatorId', 'operatorName', 'operatorAssignedAt', 'operators', 'handOver'],
  ['help: of anybody', 'help: the bot failed', 'help: its group is gone', 'help: somebody came online since'],
);
differ(
  'where the bot goes on nobody waits for people, so no instant says since when',
  ['handOver'],
  ['bot: goes on where nobody is there', 'bot: a script follows where nobody is there'],
);
differ('the bot is asked, and so it answers', ['handOver', 'botStatus'], ['bot: was told that nobody is there']);
differ(
  'it was over and the process was not there to say so',
  ['status', 'closedAt', 'botStatus'],
  ['bot: past its life'],
);
differ(
  'the script that follows a time-out began',
  ['operatorId', 'operatorName', 'operatorAssignedAt', 'operators', 'lastMessage', 'lastMessageCreatedAt'],
  ['bot: past its life, a script follows'],
);
differ(
  'who was offline for days is gone, and others have the session at once',
  ['operatorId', 'operatorName', 'operatorAssignedAt', 'operators', 'handOver'],
  ['person: offline for days'],
);
differ(
  'the scenario that its bot became answers at once what was asked',
  ['lastMessage', 'lastMessageCreatedAt'],
  ['bot: became a scenario'],
);

differ('its client is away, as the process is that had it', ['clientOfflineAt'], ['person: by routing']);

describe('what was documented about a session', () => {
  it('is compared for all of them', () => {
    const compared = Object.entries(old.sessions).flatMap(([name, { session }]) =>
      session === undefined ? [] : [name],
    );
    expect(compared).toEqual(listed);
  });

  it.each(listed)('is the same after the upgrade: %s', async (name) => {
    const free: readonly string[] = differences[name]?.fields ?? [];
    // Fields that are new are beside those of before.
    const fields = Object.keys(was(name).session ?? {}).filter((field) => !free.includes(field));
    const strict = (session: object): object =>
      Object.fromEntries(Object.entries(session).filter(([field]) => fields.includes(field)));
    expect(fields.length).toBeGreaterThan(20);
    expect(strict(first.get(name) ?? {})).toEqual(strict(was(name).session ?? {}));
    expect((await said(name)).slice(0, was(name).said.length)).toEqual(was(name).said);
  });

  it('is listed, counted and found by its filters', async () => {
    const header = await as('admin');
    const count = async (query: string) =>
      (await app.call<ListPage<Session>>('GET', `/sessions?limit=1&${query}`, undefined, header)).body.count;
    expect(await count('')).toBe(listed.length);
    expect(await count('name=Client')).toBe(listed.length);
    expect(await count('tags=vip')).toBe(1);
    expect(await count('markedAsSpam=true')).toBe(1);
    expect(await count(`operatorId=${person('boris')}`)).toBe(1);
  });

  it('is in the event log under the numbers it had', async () => {
    const { id } = was('closed: by a person');
    const { body } = await app.call<EventPage>('GET', `/sessions/${id}/events`);
    expect(body.items.map(({ eventSeq }) => eventSeq)).toEqual(body.items.map((_event, index) => index + 1));
    expect(body.items.at(-1)?.event).toBe('sessionClosed');
  });
});

it('every log says to the letter what it said before the upgrade, and counts on', async () => {
  expect(logs.size).toBeGreaterThan(0);
  // The dump has the logs of some sessions.
  for (const [id, before] of logs) {
    const { items } = (await app.call<EventPage>('GET', `/sessions/${id}/events?limit=1000`)).body;
    const then = items.slice(0, before.length).map(({ eventSeq, event, data }) => ({ eventSeq, event, data }));
    expect(JSON.stringify(then)).toBe(JSON.stringify(before));
    expect(items.map(({ eventSeq }) => eventSeq)).toEqual(items.map((_event, index) => index + 1));
  }
});

describe('a bot that was asked', () => {
  it('is asked again what was under way, under the same id, and its answer counts', async () => {
    await answers(() => since('bot: asked')).toEqual(['Afar again: what now?']);
    expect(new Set(asked('bot: asked').map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(await now('bot: asked')).toMatchObject({ operatorType: 'BOT', botStatus: 'WAIT', status: 'ACTIVE' });
  });

  it('is asked all that was said, in order, each once', async () => {
    const all = ['Afar again: one of three', 'Afar again: two of three', 'Afar again: three of three'];
    await answers(() => since('bot: asked three things')).toEqual(all);
  });

  it('is asked what it said to nobody being there', async () => {
    await answers(() => since('bot: was told that nobody is there')).toEqual(['Afar again: operatorNotFound']);
    expect(await now('bot: was told that nobody is there')).toMatchObject({ operatorType: 'BOT', botStatus: 'WAIT' });
  });

  it('may still answer what it promised, by the address it was given then, once', async () => {
    expect((await answer('bot: promised an answer', 'As promised')).status).toBe(204);
    expect(await since('bot: promised an answer')).toEqual(['As promised']);
    expect((await answer('bot: promised an answer', 'Twice')).headers.get('x-error-code')).toBe('answer-late');
    expect((await answer('closed: while its bot was asked', 'Late')).headers.get('x-error-code')).toBe('answer-late');
  });

  it('is asked what was said meanwhile, after the promise is kept', async () => {
    expect(asked('bot: promised, and was asked more')).toEqual([]);
    expect((await answer('bot: promised, and was asked more', 'As promised')).status).toBe(204);
    await answers(() => since('bot: promised, and was asked more')).toEqual(['As promised', 'Afar again: and more']);
  });

  it('and is a scenario by now answers as one', async () => {
    await answers(() => since('bot: became a scenario')).toEqual(['I live here now']);
    await say('bot: became a scenario', 'hello');
    await answers(() => since('bot: became a scenario')).toEqual([
      'I live here now',
      'hello',
      'Here: hello',
      'I live here now',
    ]);
  });

  it('tells the caller of its dialog at the address of then', async () => {
    const told = (): unknown[] =>
      integrator.received.flatMap(({ path, body }) =>
        path === '/dialog' && body['dialogId'] === was('dialog: asked').dialogId
          ? (body['messages'] as { body: string }[]).map((message) => message.body)
          : [],
      );
    await answers(told).toEqual(['Afar again: what now?']);
  });
});

describe('a bot that waited', () => {
  it.each([
    ['bot: waits', 'third', ['third', 'You said third', 'Say something']],
    ['bot: waits long', 'well', ['well', 'You said well', 'Well?']],
    ['bot: waits afar', 'two', ['two', 'Afar again: two']],
    ['bot: waits long afar', 'two', ['two', 'Afar again: two']],
    ['bot: goes on where nobody is there', 'so', ['so', 'You said so', 'Nobody is there, but I am']],
    ['bot: a script follows where nobody is there', 'so', ['so', 'You said so', 'Shall I help?']],
    ['bot: a script follows a person', 'so', ['so', 'You said so', 'Shall I help?']],
  ])('hears what is said next: %s', async (name, text, heard) => {
    expect((await say(name, text)).status).toBe(201);
    await answers(() => since(name)).toEqual(heard);
  });

  it('is silent until its client begins', async () => {
    expect(await since('bot: silent')).toEqual([]);
    await say('bot: silent', 'knock');
    await answers(() => since('bot: silent')).toEqual(['knock', 'Say something']);
  });

  it('answers repeats of calls of before as they were answered', async () => {
    const { id, session } = was('bot: waits');
    const before = await said('bot: waits');
    await say('bot: waits', 'first', '7b1f9d52-6f0c-4c11-9a53-000000000002');
    expect(await said('bot: waits')).toEqual(before);
    const again = await app.call<SessionStarted>(
      'POST',
      `/chats/${String(session?.['chatId'])}/sessions`,
      {},
      {
        'idempotency-key': '7b1f9d52-6f0c-4c11-9a53-000000000001',
      },
    );
    expect([again.status, again.body.id]).toEqual([200, id]);
  });

  it('knows its facts', async () => {
    const { clientId } = await now('bot: waits afar');
    const path = `/facts?clientId=${clientId}`;
    const { body } = await app.call<ListPage<{ name: string; value: unknown }>>(
      'GET',
      path,
      undefined,
      await as('admin'),
    );
    expect(body.items).toMatchObject([{ name: 'last', value: 'one' }]);
  });
});

describe('a dialog of the bot API', () => {
  const reply = async (what: string, message: string): Promise<Answered<DialogAnswer>> =>
    app.call('POST', `/dialogs/${was(what).dialogId}`, { message }, await as('robot'));

  it('goes on where it was', async () => {
    const { body } = await reply('dialog: waits', 'two');
    expect(body.messages?.map((message) => message.body)).toEqual(['You said two', 'Say something']);
    expect(body.status).toBe('WAIT');
  });

  it('that its caller took over stays with him until he ends it', async () => {
    expect((await reply('dialog: handed out', 'still there?')).body).toMatchObject({
      status: 'OPERATOR',
      messages: [],
    });
    const path = `/dialogs/${was('dialog: handed out').dialogId}/finish`;
    expect((await app.call('POST', path, {}, await as('robot'))).status).toBe(204);
  });

  it.each(['dialog: finished', 'dialog: ended by its bot', 'dialog: failed'])('stays over: %s', async (name) => {
    expect((await reply(name, 'more')).headers.get('x-error-code')).toBe('dialog-ended');
    const path = `/dialogs/${was(name).dialogId}/variableList`;
    expect((await app.call('GET', path, undefined, await as('robot'))).status).toBe(200);
  });
});

describe('a session of people', () => {
  it.each([
    ['person: by routing', 'anna'],
    ['person: took it from the bot', 'anna'],
    ['person: the bot had failed', 'anna'],
    ['person: answered in time', 'anna'],
    ['person: two take part', 'anna'],
    ['person: pauses', 'boris'],
    ['person: never says whether he is there', 'igor'],
    ['person: a supervisor', 'sveta'],
  ])('keeps who answers in it: %s', async (name, who) => {
    await say(name, 'Are you there?');
    const spoken = await app.call(
      'POST',
      `/sessions/${was(name).id}/operators/messages`,
      { body: 'I am' },
      await as(who),
    );
    expect(spoken.status).toBe(201);
    expect(await since(name)).toEqual(['Are you there?', 'I am']);
    expect(await now(name)).toMatchObject({ operatorType: 'OPERATOR', operatorId: person(who), status: 'ACTIVE' });
  });

  it.each(['help: of anybody', 'help: the bot failed', 'help: its group is gone'])(
    'that waited is given to somebody who is online: %s',
    async (name) => {
      await answers(() => isWith(name, 'anna', 'dmitri', 'kira')).toBe(true);
      expect((await now(name)).botStatus).toBe(was(name).session?.['botStatus']);
    },
  );

  it('that waited for a group is given to one of it who comes online, with its note', async () => {
    expect((await now('help: of the night')).operatorId).toBe('');
    await app.call('PATCH', '/users/me/activate', undefined, await as('nina'));
    await answers(async () => (await now('help: of the night')).operatorId).toBe(person('nina'));
    expect((await now('help: of the night')).handOver).toMatchObject({
      groupId: old.groups['night'],
      announcement: 'Wants a person',
      notFoundAt: null,
    });
  });
});

describe('a session that is over', () => {
  it.each(listed.filter((name) => name.startsWith('closed')))('takes nothing more: %s', async (name) => {
    expect((await say(name, 'one more')).headers.get('x-error-code')).toBe('session-closed');
    const path = `/sessions/${was(name).id}/operators/messages`;
    const spoken = await app.call('POST', path, { body: 'one more' }, await as('anna'));
    expect(spoken.headers.get('x-error-code')).toBe('session-closed');
    expect(await since(name)).toEqual([]);
    expect(await now(name)).toMatchObject({ closeReason: 'before' });
  });

  it('can be rated, and keeps the rating it has', async () => {
    const path = `/sessions/${was('closed: by its bot').id}/rating`;
    expect((await app.call('PUT', path, { rating: 4 })).status).toBe(204);
    expect([(await now('closed: by its bot')).rating, (await now('closed: by a person')).rating]).toEqual([4, 5]);
  });

  it('was over before the upgrade where its life had passed', async () => {
    await answers(async () => (await now('bot: past its life')).status).toBe('CLOSED');
    await answers(() => since('bot: past its life, a script follows')).toEqual(['Shall I help?']);
  });
});

describe('what was due', () => {
  // Pauses, waits, promises and patience of the dump end ten minutes after it.
  beforeAll(() => skip(10 * MINUTE_MS + 5_000));

  it('is done: a pause ends', () => answers(() => since('bot: pauses')).toEqual(['Here I am']));

  it('is done: a wait runs out', () => answers(() => since('bot: waits a little')).toEqual(['Too late']));

  it('is done: who broke a promise is followed by people', async () => {
    const name = 'bot: promised for a short time';
    await answers(() => isWith(name, 'anna', 'dmitri', 'kira', 'nina')).toBe(true);
    expect(await now(name)).toMatchObject({ operatorType: 'OPERATOR', botStatus: 'ERROR' });
    expect(asked(name)).toEqual([]);
  });

  // Nothing else has routing look at this group: it is the session's own look, half a minute after the last one.
  it('is done: who waits for a group is given to one of it who came online before the upgrade', () =>
    answers(() => isWith('help: somebody came online since', 'kira')).toBe(true));

  it('is done: a rating is asked for', async () => {
    const path = `/sessions/${was('bot: asks for a rating').id}/events`;
    const events = async () => (await app.call<EventPage>('GET', path)).body.items.map(({ event }) => event);
    await answers(events).toContain('ratingRequested');
  });

  it('is done: calls that waited reach the integrator, in order', async () => {
    const { id } = was('bot: its calls wait');
    const reached = () =>
      integrator.received.flatMap(({ path, body }) => (path === '/down' ? [body['event'] ?? body['dialogId']] : []));
    await answers(reached).toEqual(['SESSION_STARTED', 'MESSAGE_CREATED', id]);
  });

  it('is done: who does not answer loses the session to another of the group', async () => {
    const before = was('person: owes an answer').session?.['operatorId'];
    const other = before === person('anna') ? person('dmitri') : person('anna');
    await answers(async () => (await now('person: owes an answer')).operatorId).toBe(other);
    expect((await now('person: owes nothing yet')).operatorId).toBe(
      was('person: owes nothing yet').session?.['operatorId'],
    );
  });

  it.each(['person: has just left', 'person: offline for days'])(
    'is done: who is gone for a minute loses the session: %s',
    async (name) => {
      await answers(() => isWith(name, 'anna', 'dmitri', 'kira', 'nina')).toBe(true);
    },
  );

  it('leaves sessions that the next start reads as they are', async () => {
    const all = () => Promise.all(listed.map(now));
    const before = await all();
    await app.restart();
    expect(await all()).toEqual(before);
  });

  it('is done hours later', async () => {
    skip(HOUR_MS);
    await answers(() => since('bot: pauses long')).toEqual(['Here I am']);
  });

  it('is done at the end of a session, of every one', async () => {
    const path = '/sessions?limit=100&status=ACTIVE&fields=id,name';
    const open = async () =>
      (await app.call<ListPage<Session>>('GET', path, undefined, await as('admin'))).body.items.map(({ name }) => name);
    skip(13 * HOUR_MS);
    await answers(open).not.toContain(was('bot: waits').session?.['name']);
    skip(13 * HOUR_MS);
    await answers(open).toEqual([]);
  });

  it('is done by somebody: no timer of before is left that nobody knows', async () => {
    await using database = openDatabase(app.connection, 1, (error) => {
      throw error;
    });
    const overdue = async () => {
      const before = new Date(clock.now() - MINUTE_MS).toISOString();
      const text = 'select distinct kind from due where due_at < $1::timestamptz';
      return (await database.query<{ kind: string }>({ name: 'overdue', text }, [before])).map(({ kind }) => kind);
    };
    await answers(overdue).toEqual([]);
  });
});
