import type { ListPage, Session } from '@molva/contract';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../../platform/database.ts';
import { ordered } from '../../../platform/list-window.ts';
import { echoBlocks, startTestApp, type Operator, type TestApp } from '../../../testing/test-app.ts';
import {
  narrowedSessions,
  searchedSessions,
  sessionList,
  sievesOf,
  type Narrowed,
  type SessionFilter,
} from './list-filter.ts';
import { TwoEndedSearch } from './two-ended-search.ts';

let app: TestApp;
let database: Database;
let chatId: string;
let operator: Operator;
/** The names under which the tests know sessions, by id. */
const known = new Map<string, string>();
const ids: Record<string, string> = {};
const clients: Record<string, string> = {};

const call = <T = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
  app.call<T>(method, path, body, app.admin);

async function run<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
  return database.transaction(async ({ client }) => (await client.query<Row>(text, values)).rows);
}

async function start(name: string, body: Record<string, unknown> = {}, chat = chatId): Promise<void> {
  const { id, clientId } = await app.start(chat, { clientExternalId: name, ...body });
  known.set(id, name);
  ids[name] = id;
  clients[name] = clientId;
}

async function page(query: Record<string, string>, as = app.admin): Promise<ListPage<Session>> {
  const path = `/sessions?${new URLSearchParams({ limit: '100', ...query }).toString()}`;
  const { status, body } = await app.call<ListPage<Session>>('GET', path, undefined, as);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

/** What a query finds, under the tests' names and in its order; the count is that of what is found. */
async function found(query: Record<string, string>): Promise<string[]> {
  const { count, items } = await page(query);
  expect(count).toBe(items.length);
  return items.map(({ id }) => known.get(id) ?? id);
}

/** The same by name, where the order is another test's. */
const set = async (query: Record<string, string>) => (await found(query)).toSorted();

beforeAll(async () => {
  app = await startTestApp();
  database = openDatabase(app.connection, 4, () => undefined);
  chatId = await app.chat(echoBlocks);
  const other = await app.chat(echoBlocks);
  operator = await app.operator('Olga');
  await start('order', { name: 'Вопрос по ЗАКАЗУ №7' });
  await start('discount', { name: 'Скидка 100% на всё_сразу' });
  await start('English', { name: "O'Neil's \\ Order" });
  await start('phone', { name: 'Ёлка', messengerType: 'WHATSAPP', messengerUserId: '+7 916 123-45-67' });
  await start('nameless', {}, other);
  await call('PATCH', `/sessions/${ids['English']}/operators/${operator.id}`, []);
  await call('PATCH', `/sessions/${ids['discount']}/spam`, []);
  await call('DELETE', `/sessions/${ids['order']}`, { result: 'done' });
  await call('PATCH', `/clients/${clients['phone']}/ban`, []);
  // A dialog of the bot API is in no list.
  await call('POST', '/dialogs', { dialogId: crypto.randomUUID(), botId: await app.bot(echoBlocks), body: 'order' });
  // Starts of a moment apart would leave their order to the clock.
  const names = ['order', 'discount', 'English', 'phone', 'nameless'];
  for (const [hour, name] of names.entries()) await setStart(name, `2026-03-01T${String(10 + hour)}:00:00Z`);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

async function setStart(name: string, at: string): Promise<void> {
  await run(
    `update sessions set started_at = $2, last_message_at = $2::timestamptz + interval '1 minute' where id = $1`,
    [ids[name], at],
  );
  await run('update session_search set started_at = $2 where id = $1', [ids[name], at]);
}

const rowOf = async (name: string) =>
  (
    await run<{ row: Record<string, unknown> }>('select to_jsonb(s) as row from sessions s where id = $1', [ids[name]])
  )[0]?.row;
const hourOf = async (name: string) =>
  (await run<{ hour: number }>('select hour from session_activity where session_id = $1', [ids[name]]))[0]?.hour;

const everything = ['English', 'discount', 'nameless', 'order', 'phone'];
const newestFirst = ['nameless', 'phone', 'English', 'discount', 'order'];

describe('the list of sessions', () => {
  it('has the newest first, without dialogs, and nothing of another company', async () => {
    expect(await found({})).toEqual(newestFirst);
    const { header } = await app.tenant();
    expect(await page({}, header)).toEqual({ count: 0, items: [] });
    for (const query of [{ sessionId: ids['order'] ?? '' }, { keyword: 'заказ' }, { name: 'заказ' }]) {
      expect(await page(query, header)).toEqual({ count: 0, items: [] });
    }
  });

  it.each([
    ['status', 'CLOSED', ['discount', 'order']],
    ['status', 'ACTIVE', ['English', 'nameless', 'phone']],
    ['markedAsSpam', '1', ['discount']],
    ['markedAsSpam', 'false', ['English', 'nameless', 'order', 'phone']],
    ['operatorType', 'OPERATOR', ['English']],
    ['operatorType', 'BOT', ['discount', 'nameless', 'order', 'phone']],
    ['botStatus', 'OPERATOR', ['English']],
    ['botStatus', 'ERROR', []],
    ['clientBanned', '1', ['phone']],
    ['clientBanned', '0', ['English', 'discount', 'nameless', 'order']],
    ['operatorId', '987654', []],
    ['from', '2026-03-01T12:00:00+00:00', ['English', 'nameless', 'phone']],
    ['to', '2026-03-01T14:00:00+03:00', ['discount', 'order']],
    ['name', '', everything],
    ['keyword', '', everything],
  ])('is narrowed by %s %s', async (field, value, expected) => {
    expect(await set({ [field]: value })).toEqual(expected);
  });

  it('is narrowed by ids, and by several filters at once', async () => {
    expect(await found({ sessionId: ids['phone'] ?? '' })).toEqual(['phone']);
    expect(await found({ clientId: clients['order'] ?? '' })).toEqual(['order']);
    expect(await set({ chatId })).toEqual(['English', 'discount', 'order', 'phone']);
    expect(await found({ operatorId: String(operator.id) })).toEqual(['English']);
    expect(await found({ operatorId: String(operator.id), status: 'CLOSED' })).toEqual([]);
    expect(await found({ operatorId: String(operator.id), status: 'ACTIVE', name: 'order' })).toEqual(['English']);
    expect(await found({ keyword: 'order', clientBanned: '1' })).toEqual([]);
    expect(await found({ chatId, from: '2026-03-01T11:00:00Z', to: '2026-03-01T12:00:00Z' })).toEqual([
      'English',
      'discount',
    ]);
    expect((await call('GET', '/sessions?chatId=nothing')).status).toBe(400);
  });
});

describe('a search finds what is meant', () => {
  const name = (query: Record<string, string>) => found({ limit: '100', clientId: clients['people'] ?? '', ...query });
  beforeAll(async () => {
    const phones = { messengerType: 'WHATSAPP', messengerUserId: '79991234567', clientPhone: '+44 20 7946 0958' };
    await start('people', { name: `Álvaro Семён ${'й'.normalize('NFD')}ога İstanbul Straße`, ...phones });
    await setStart('people', '2020-01-01T00:00:00Z');
  });
  afterAll(async () => {
    // The other tests know how many there are.
    for (const table of ['session_search', 'sessions'])
      await run(`delete from ${table} where id = $1`, [ids['people']]);
  });

  it.each(['alvaro', 'ÁLVARO', 'Семен', 'семён', 'йога', 'istanbul', 'İSTANBUL', 'strasse', 'STRASSE', 'straße'])(
    'however it is written: %s',
    async (keyword) => {
      expect(await name({ keyword })).toEqual(['people']);
      expect(await name({ name: keyword })).toEqual(['people']);
    },
  );

  it.each(['79991234567', '+79991234567', ' 79991234567', '+7 (999) 123-45-67', '8 999 123-45-67', '020 7946 0958'])(
    'by the number of a telephone: %s',
    async (keyword) => {
      expect(await name({ keyword })).toEqual(['people']);
    },
  );
});

describe('a page that goes on by a value', () => {
  it.each([
    'startedAt',
    '-startedAt',
    'name',
    '-status',
    'operatorAssignedAt',
    '-operatorAssignedAt',
    'lastMessageCreatedAt',
  ])('ends where the value does, so that every record comes once: %s', async (sort) => {
    const field = sort.replace('-', '');
    for (const [at, one] of everything.entries())
      await setStart(one, `2026-03-01T10:00:${at < 3 ? '00' : '01'}.${at}00Z`);
    const seen: string[] = [];
    let last: string | undefined;
    for (let round = 0; round < 9; round++) {
      const more = last === undefined ? {} : { offsetValue: last };
      const { items } = await page({ sort, limit: '2', offsetField: field, ...more });
      if (items.length === 0) break;
      seen.push(...items.map(({ id }) => known.get(id) ?? id));
      last = items.at(-1)?.[field as 'startedAt' | 'operatorAssignedAt'] ?? 'null';
    }
    expect(seen.toSorted()).toEqual(everything);
    const sieved = await page({ sort, limit: '1', offsetField: field, keyword: 'о' });
    expect(sieved.items.length).toBeGreaterThan(0);
  });

  afterAll(async () => {
    const names = ['order', 'discount', 'English', 'phone', 'nameless'];
    for (const [hour, one] of names.entries()) await setStart(one, `2026-03-01T${String(10 + hour)}:00:00Z`);
  });
});

describe('a search', () => {
  it.each([
    ['заказу', ['order']],
    ['ЗАКАЗ', ['order']],
    ['ПО зак', ['order']],
    ['ORDER', ['English']],
    ['ё', ['discount', 'phone']],
    ['ЁЛ', ['phone']],
    ['№7', ['order']],
    ['7', ['order', 'phone']],
    ['%', ['discount']],
    ['_', ['discount']],
    ['100%', ['discount']],
    ['всё_сразу', ['discount']],
    ['всё%сразу', []],
    [String.raw`'s \ `, ['English']],
    ['\\', ['English']],
    ["'", ['English']],
    ['123-45', ['phone']],
    ['7 916', ['phone']],
    ['ка\n+7', []],
    ['нет такого', []],
    ['заказу №7 и ещё очень длинный текст, которого нет ни в одном имени', []],
  ])('finds "%s" in names and messenger numbers', async (keyword, expected) => {
    expect(await set({ keyword })).toEqual(expected);
  });

  it('by name leaves the number in the messenger alone', async () => {
    expect(await set({ name: 'ёлк' })).toEqual(['phone']);
    expect(await set({ name: '123-45' })).toEqual([]);
    expect(await set({ name: '7' })).toEqual(['order']);
    expect(await set({ name: 'ё', keyword: '916' })).toEqual(['phone']);
  });

  it('finds a session and a client by how their ids begin', async () => {
    for (const id of [ids['order'], clients['order']] as string[]) {
      for (const keyword of [id.slice(0, 8), id.slice(0, 13).toUpperCase(), id, id.replaceAll('-', '')]) {
        expect(await found({ keyword })).toEqual(['order']);
      }
      expect(await found({ keyword: id.slice(1, 13) })).toEqual([]);
    }
    expect(await found({ keyword: (ids['order'] ?? '').slice(0, 3), name: 'order' })).not.toContain('order');
  });

  it('follows a new name', async () => {
    await call('PATCH', `/sessions/${ids['nameless']}/names/Щенок`);
    expect(await found({ keyword: 'щенок' })).toEqual(['nameless']);
    await call('PATCH', `/sessions/${ids['nameless']}/names/Кот`);
    expect([await found({ keyword: 'щенок' }), await found({ name: 'кот' })]).toEqual([[], ['nameless']]);
  });
});

describe('tags', () => {
  it("find sessions by their own and by their client's, each once, whatever the case", async () => {
    const tag = async (name: string) => (await call<{ id: string }>('POST', '/tags', { name })).body.id;
    const [urgent, regular] = [await tag('Срочно'), await tag('Regular')];
    await call('PUT', `/sessions/${ids['order']}/tags/${urgent}`, []);
    await call('PUT', `/sessions/${ids['phone']}/tags/${urgent}`, []);
    await call('PUT', `/clients/${clients['phone']}/tags/${urgent}`, []);
    await call('PUT', `/clients/${clients['phone']}/tags/${regular}`, []);
    await call('PUT', `/clients/${clients['discount']}/tags/${regular}`, []);
    expect(await found({ tags: 'СРОЧНО' })).toEqual(['phone', 'order']);
    expect(await found({ tags: 'regular' })).toEqual(['phone', 'discount']);
    expect(await found({ tags: 'Regular,срочно' })).toEqual(['phone', 'discount', 'order']);
    expect(await found({ tags: 'Regular,срочно', status: 'CLOSED' })).toEqual(['discount', 'order']);
    expect(await found({ tags: 'срочно', keyword: '916' })).toEqual(['phone']);
    expect(await found({ tags: 'unknown' })).toEqual([]);
    const { header } = await app.tenant();
    expect((await page({ tags: 'regular' }, header)).count).toBe(0);
  });
});

describe('pages', () => {
  it('in every order follow one another without a gap, from either end', async () => {
    for (const field of Object.keys(sessionList.columns)) {
      const whole = await found({ sort: field });
      expect(whole.toSorted()).toEqual(everything);
      const pages = [];
      for (const offset of ['0', '2', '4']) pages.push(...(await page({ sort: field, limit: '2', offset })).items);
      expect(pages.map(({ id }) => known.get(id))).toEqual(whole);
      expect(await found({ sort: `-${field}` })).toEqual(whole.toReversed());
    }
  });

  it('go on after the last message seen, also within an hour and where messages came at one instant', async () => {
    const at = (minute: number) => `2026-03-02T10:0${minute}:00+00:00`;
    const names = ['order', 'discount', 'English', 'phone'];
    for (const [minute, name] of names.entries()) {
      await run('update sessions set last_message_at = $2 where id = $1', [ids[name], at(Math.min(minute, 2))]);
    }
    const latest = { sort: '-lastMessageCreatedAt' };
    expect(await found(latest)).toEqual(['phone', 'English', 'discount', 'order', 'nameless']);
    const after = async (offsetValue: string, sort = latest.sort) =>
      (await page({ sort, offsetField: 'lastMessageCreatedAt', offsetValue })).items.map(({ id }) => known.get(id));
    expect(await after(at(2))).toEqual(['discount', 'order', 'nameless']);
    expect(await after(at(1))).toEqual(['order', 'nameless']);
    expect(await after(at(1), 'lastMessageCreatedAt')).toEqual(['English', 'phone']);
    const { count, items } = await page({ ...latest, offsetField: 'lastMessageCreatedAt', offsetValue: at(1) });
    expect([count, items.length]).toEqual([5, 2]);
    for (const name of names) await setStart(name, `2026-03-01T${String(10 + names.indexOf(name))}:00:00Z`);
  });

  it('in the order of the last message have no index of sessions that a message writes to, also in another hour', async () => {
    await run("update sessions set last_message_at = last_message_at - interval '2 hours' where id = $1", [
      ids['phone'],
    ]);
    const [before, early] = [await rowOf('phone'), await hourOf('phone')];
    await run('update sessions set last_message_at = now(), version = version + 1 where id = $1', [ids['phone']]);
    const [after, late] = [await rowOf('phone'), await hourOf('phone')];
    expect(late).toBeGreaterThan(early ?? Infinity);
    expect((await found({ sort: '-lastMessageCreatedAt' }))[0]).toBe('phone');
    const changed = Object.keys(before ?? {}).filter(
      (name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]),
    );
    expect(changed).toContain('last_message_at');
    const indexes = await run<{ text: string }>(
      "select pg_get_indexdef(indexrelid) as text from pg_index where indrelid = 'sessions'::regclass",
    );
    expect(indexes.length).toBeGreaterThan(0);
    for (const { text } of indexes) for (const name of changed) expect(text).not.toMatch(new RegExp(`\\b${name}\\b`));
    await setStart('phone', '2026-03-01T13:00:00Z');
  });

  it('of a search go on after a value too', async () => {
    const after = { sort: '-startedAt', offsetField: 'startedAt', offsetValue: '2026-03-01T13:00:00Z' };
    expect((await page({ ...after, keyword: 'o' })).items.map(({ id }) => known.get(id))).toEqual(['English']);
  });

  it('of groups have the number of all groups, also where the page is empty or not read', async () => {
    const groups = async (query: Record<string, string>) => {
      const { body } = await call<ListPage<object>>('GET', `/sessions?${new URLSearchParams(query).toString()}`);
      return body;
    };
    expect(await groups({ group: 'status' })).toEqual({
      count: 2,
      items: [
        { status: 'ACTIVE', count: 3 },
        { status: 'CLOSED', count: 2 },
      ],
    });
    const one = { group: 'status,markedAsSpam', offset: '1', limit: '1' };
    expect(await groups(one)).toEqual({ count: 3, items: [{ status: 'CLOSED', markedAsSpam: false, count: 1 }] });
    expect(await groups({ group: 'status', offset: '5' })).toEqual({ count: 2, items: [] });
    expect(await groups({ group: 'status', withoutItems: '1' })).toEqual({ count: 2, items: [] });
    expect((await groups({ group: 'status', withoutCount: '1', limit: '1' })).count).toBe(1);
    expect(await groups({ group: 'status', keyword: 'order' })).toEqual({
      count: 1,
      items: [{ status: 'ACTIVE', count: 1 }],
    });
  });
});

describe('one session a client', () => {
  it('is the newest, also after a later start in another chat', async () => {
    const other = await app.chat(echoBlocks);
    await start('first', { clientExternalId: undefined, name: 'One client' });
    await start('second', { clientExternalId: undefined, clientId: clients['first'], name: 'One client' }, other);
    expect(clients['second']).toBe(clients['first']);
    expect(await found({ name: 'one client' })).toEqual(['second', 'first']);
    expect(await found({ name: 'one client', groupByClientId: '1' })).toEqual(['second']);
    await start('third', { clientExternalId: undefined, clientId: clients['first'], name: 'One client' });
    expect(await found({ groupByClientId: '1' })).toEqual(['third', ...newestFirst]);
    expect(await found({ groupByClientId: '1', clientId: clients['first'] ?? '' })).toEqual(['third']);
    expect(await found({ groupByClientId: '1', chatId: other })).toEqual([]);
  });
});

describe('a long list', () => {
  const LENGTH = 12_000;
  let companyId: number;
  let header: Record<string, string>;

  beforeAll(async () => {
    ({ companyId, header } = await app.tenant());
    const chat = await run<{ id: string; bot_id: string }>(
      `with bot as (insert into bots (id, company_id, name, language, kind, scenario, created_at, updated_at)
          select gen_random_uuid(), $1, name, language, kind, scenario, now(), now() from bots limit 1 returning id)
        insert into chats (id, company_id, name, bot_id, settings, created_at, updated_at)
        select gen_random_uuid(), $1, 'Chat', id, '{}', now(), now() from bot returning id, bot_id`,
      [companyId],
    );
    await run(
      `with client as (insert into clients (id, company_id, verified, created_at, updated_at)
          values (gen_random_uuid(), $1, false, now(), now()) returning id)
        insert into sessions (id, company_id, chat_id, client_id, name, channel, ttl, status, bot_status, bot_id, operator_type,
          operator_id, operator_name, operators, started_at, options, version, last_seq, last_event_seq, unread, search)
        select gen_random_uuid(), $1, $2, client.id, 'Common ' || n, 'API', 3600, case when n % 2 = 0 then 'ACTIVE' else 'CLOSED' end,
          'WAIT', $3, 'BOT', '', '', '[]', to_timestamp(n * 60), '{}', 0, 0, 0, 0,
          case when n % 1000 = 0 then 'rare' when n % 100 = 0 then 'middling' else 'common' end || ' ' || n || e'\\n'
        from client, generate_series(1, ${LENGTH}) as n`,
      [companyId, chat[0]?.id, chat[0]?.bot_id],
    );
    const [tag] = await run<{ id: string }>(
      `insert into tags (id, company_id, name, name_key, created_at) values (gen_random_uuid(), $1, 'T', 't', now()) returning id`,
      [companyId],
    );
    await run(
      `insert into session_tags (session_id, tag_id, created_at)
        select session_id, $2, now() from session_activity where company_id = $1 and hour % 7 = 0`,
      [companyId, tag?.id],
    );
    // What the database does by itself a minute later.
    await run('analyze sessions, session_search, session_activity, session_tags');
  }, 60_000);

  it('is counted to the end, by one filter too; by more of them, up to ten thousand', async () => {
    const count = async (query: Record<string, string>) => (await page({ ...query, limit: '1' }, header)).count;
    expect(await count({})).toBe(LENGTH);
    expect(await count({ botStatus: 'WAIT' })).toBe(LENGTH);
    expect(await count({ status: 'CLOSED' })).toBe(LENGTH / 2);
    expect(await count({ status: 'CLOSED', operatorType: 'BOT' })).toBe(LENGTH / 2);
    expect(await count({ botStatus: 'WAIT', operatorType: 'BOT' })).toBe(10_000);
    expect(await count({ clientBanned: '0' })).toBe(10_000);
    expect(await count({ keyword: 'common' })).toBe(10_000);
    expect(await count({ keyword: 'middling' })).toBe(108);
    expect(await count({ keyword: 'rare', status: 'ACTIVE' })).toBe(12);
  });

  it('far in by the last message has the same page as reading on from the start', async () => {
    const sort = '-lastMessageCreatedAt';
    const from = await page({ sort, offset: '3700', limit: '3' }, header);
    expect(from.items.map(({ name }) => name)).toEqual([8300, 8299, 8298].map((n) => `Common ${n}`));
    const up = await page({ sort: 'lastMessageCreatedAt', offset: '3700', limit: '2' }, header);
    expect(up.items.map(({ name }) => name)).toEqual(['Common 3701', 'Common 3702']);
    expect((await page({ sort, offset: String(LENGTH) }, header)).items).toEqual([]);
    expect((await page({ sort, offset: String(LENGTH + 5000) }, header)).items).toEqual([]);
  });

  it.each<[string, SessionFilter]>([
    ['what many have', { keyword: 'COMMON' }],
    ['what few have', { keyword: 'rare' }],
    ['two letters', { keyword: 'ra' }],
    ['one letter', { keyword: '7' }],
    ['nothing', { keyword: 'unheard of' }],
    ['a name', { name: 'iddlin' }],
    ['a beginning of an id', { keyword: '00' }],
    ['a tag', { tags: ['T'] }],
    ['a tag and a text', { tags: ['T'], keyword: 'rare' }],
    ['a filter and a text', { status: 'CLOSED', keyword: 'common 7' }],
    ['a time and a text', { from: '1970-01-05T00:00:00Z', keyword: 'mid' }],
  ])('finds %s record by record as from the other end', async (_, filter) => {
    const { builder } = database;
    const order = sessionList.fallback;
    const records = [narrowedSessions(builder, companyId, filter), searchedSessions(builder, companyId, filter, order)];
    const all = LENGTH + 1;
    const ways = [
      { sample: all, walk: all, far: all, count: all },
      { sample: 10, walk: 10, far: 0, count: 10 },
      { sample: 10, walk: 150, far: 5_000, count: 10_000 },
    ];
    const window = { limit: 50, offset: 20 };
    const answers = [];
    const inOrder = (narrowed: Narrowed) => ordered(narrowed, sessionList, order);
    for (const narrowed of records.filter((one) => one !== undefined)) {
      for (const patience of ways) {
        const sieved = new TwoEndedSearch(builder, narrowed, sievesOf(companyId, filter), patience);
        const only = Object.keys(filter).length === 1;
        answers.push([await sieved.ids(inOrder, window), Math.min(10_000, await sieved.count(only))]);
      }
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });
});
