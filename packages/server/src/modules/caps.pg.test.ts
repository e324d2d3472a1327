import { caps, capText, type CapName } from '@molva/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase, type Database } from '../platform/database.ts';
import { echoBlocks, startTestApp, type TestApp } from '../testing/test-app.ts';

let app: TestApp;
let database: Database;
let companyId: number;
let botId: string;
let chatId: string;
beforeAll(async () => {
  app = await startTestApp();
  database = openDatabase(app.connection, 1, () => undefined);
  chatId = await app.chat(echoBlocks);
  const [chat] = await rows<{ company_id: number; bot_id: string }>(
    'select company_id, bot_id from chats where id = $1',
    chatId,
  );
  [companyId, botId] = [chat?.company_id ?? 0, chat?.bot_id ?? ''];
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

function rows<Row extends Record<string, unknown>>(text: string, ...values: unknown[]): Promise<Row[]> {
  return database.query<Row>({ text }, values);
}

/** Makes as many rows like a given one as leave room for one more. */
async function fill(cap: CapName, table: string, like: string, changed: string, counted: string): Promise<void> {
  await rows(`insert into ${table} overriding system value
    select (jsonb_populate_record(t, jsonb_build_object(${changed}))).*
    from ${table} t, generate_series(1, ${caps[cap].most} - 1 - (select count(*) from ${table} where ${counted})) g
    where t.ctid = (select ctid from ${table} where ${like} limit 1)`);
}

const make = async (method: 'POST' | 'PUT', path: string, body?: unknown): Promise<string> => {
  const answer = await app.call<{ error: string }>(method, path, body, app.admin);
  return answer.status < 300 ? 'made' : `${answer.headers.get('x-error-code')}: ${answer.body.error}`;
};

/** Of three at once one has room, whatever they are; the others are told the cap. */
async function expectOne(cap: CapName, create: (number: number) => Promise<string>): Promise<void> {
  const made = await Promise.all([1, 2, 3].map((number) => create(number)));
  expect(made.toSorted()).toEqual([`cap-reached: ${capText(cap)}`, `cap-reached: ${capText(cap)}`, 'made']);
}

it.each([
  ['tags', 'tags', { name: 'first' }, `'id', gen_random_uuid(), 'name_key', 'n' || g`],
  ['attributes', 'client_attributes', { name: 'first' }, `'id', gen_random_uuid(), 'name_key', 'n' || g`],
  ['groups', 'groups', { name: 'first' }, `'id', gen_random_uuid()`],
  [
    'apiKeys',
    'api_keys',
    { name: 'first', roles: ['API'] },
    `'id', gen_random_uuid(), 'key_hash', '\\x' || md5(g::text)`,
  ],
] as const)(
  'there are at most so many %s of a company, however many are made at once',
  async (cap, table, body, changed) => {
    const path = { tags: '/tags', attributes: '/clients/attributes', groups: '/groups', apiKeys: '/apikeys' }[cap];
    expect(await make('POST', path, body)).toBe('made');
    const own = `company_id = ${companyId}`;
    await fill(cap, table, own, changed, own);
    await expectOne(cap, (number) => make('POST', path, { ...body, name: `at once ${number}` }));
    await rows(`delete from ${table} where id = (select id from ${table} where ${own} limit 1)`);
    expect(await make('POST', path, { ...body, name: 'again' })).toBe('made');
  },
);

it('there are at most so many chats and bots that are not deleted', async () => {
  const own = `company_id = ${companyId} and deleted_at is null`;
  const id = `'id', gen_random_uuid()`;
  await fill('chats', 'chats', `id = '${chatId}'`, id, own);
  await expectOne('chats', (number) => make('POST', '/chats', { name: `at once ${number}`, botId }));
  await fill('bots', 'bots', `id = '${botId}'`, id, own);
  await expectOne('bots', () => make('POST', `/bots/${botId}/copy`, {}));
  const spare = (await rows<{ id: string }>(`select id from bots where ${own} and id <> $1 limit 1`, botId))[0]?.id;
  expect((await app.call('DELETE', `/bots/${spare}`, undefined, app.admin)).status).toBeLessThan(300);
  expect(await make('POST', `/bots/${botId}/copy`, {})).toBe('made');
  expect(await make('PUT', `/bots/${spare}/recover`)).toBe(`cap-reached: ${capText('bots')}`);
});

it('a client, a session and a group have at most so many; what is there already may be put again', async () => {
  const { id: sessionId, clientId } = await app.start(chatId);
  const tags = (await rows<{ id: string }>(`select id from tags where company_id = $1 limit 200`, companyId)).map(
    ({ id }) => id,
  );
  for (const [cap, path, table, owner] of [
    ['tagsOfClient', `/clients/${clientId}/tags`, 'client_tags', `client_id = '${clientId}'`],
    ['tagsOfSession', `/sessions/${sessionId}/tags`, 'session_tags', `session_id = '${sessionId}'`],
  ] as const) {
    expect(await make('PUT', `${path}/${tags[0]}`)).toBe('made');
    const other = `'tag_id', (array(select id from tags where company_id = ${companyId} and id <> all ('{${tags.slice(0, 4).join()}}'::uuid[]) limit 200))[g]`;
    await fill(cap, table, owner, other, owner);
    await expectOne(cap, (number) => make('PUT', `${path}/${tags[number]}`));
    expect(await make('PUT', `${path}/${tags[0]}`)).toBe('made');
  }
});
