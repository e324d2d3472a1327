import { Writable } from 'node:stream';
import type { ListPage, Message, Session } from '@molva/contract';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../../platform/database.ts';
import { freshDatabase } from '../../../testing/fresh-database.ts';
import { json, startReceiver } from '../../../testing/receiver.ts';
import { startTestApp, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
let database: Database;
const lines: string[] = [];
const stream = new Writable({
  write(chunk: Buffer, _encoding, done) {
    lines.push(chunk.toString());
    done();
  },
});
beforeAll(async () => {
  const connection = await freshDatabase();
  database = openDatabase(connection, 1, () => undefined);
  app = await startTestApp({ connection, log: pino({ level: 'warn' }, stream) });
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const details = async (id: string) => (await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin)).body;
const said = async (id: string) =>
  (await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages?limit=1000&sort=seq`)).body.items;
const counted = async (notice: string): Promise<number> => {
  const metrics = await app.metrics();
  return Number(new RegExp(`^molva_notices_total\\{notice="${notice}"\\} (\\d+)$`, 'm').exec(metrics)?.[1]);
};
const update = (id: string, change: string, values: unknown[] = []) =>
  database.query({ text: `update sessions set ${change} where id = $1` }, [id, ...values]);

it('a bot that talks and talks is followed by people, counted, and told of once without its texts', async () => {
  const blocks = {
    start: { type: 'start', next: 'say' },
    say: { type: 'message', text: 'A secret of mine', next: 'again' },
    again: { type: 'condition', branches: [{ when: 'false', next: 'end' }], default: 'say' },
    end: { type: 'end' },
  };
  const scenario = { version: 1, language: 'en', start: 'start', settings: { maxCycleCount: 1000 }, blocks };
  const bot = await app.call<{ id: string }>('POST', '/bots', { name: 'Talker', scenario }, app.admin);
  const chat = await app.call<{ id: string }>('POST', '/chats', { name: 'Chat', botId: bot.body.id }, app.admin);
  const sessions = [await app.start(chat.body.id), await app.start(chat.body.id)];
  for (const { id } of sessions) {
    expect(await said(id)).toHaveLength(100);
    expect(await details(id)).toMatchObject({ botStatus: 'ERROR', operatorType: 'OPERATOR', status: 'ACTIVE' });
  }
  expect(await counted('bot-over-budget')).toBe(2);
  const told = lines.filter((line) => line.includes('bot-over-budget'));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(`"bot":"${bot.body.id.slice(0, 8)}…"`);
  expect(told[0]).toContain('"of":"messages"');
  for (const kept of ['A secret', bot.body.id, chat.body.id, sessions[0]?.id ?? ''])
    expect(told[0]).not.toContain(kept);
});

it('a bot in a circle is followed by people: within a turn, and of pauses without its client', async () => {
  const within = await app.chat({
    start: { type: 'start', next: 'one' },
    one: { type: 'jump', to: 'two' },
    two: { type: 'condition', branches: [{ when: 'false', next: 'end' }], default: 'one' },
    end: { type: 'end' },
  });
  const { id: within1 } = await app.start(within);
  expect(await details(within1)).toMatchObject({ botStatus: 'ERROR', operatorType: 'OPERATOR', status: 'ACTIVE' });
  expect(await counted('bot-in-circle')).toBe(1);
  const told = lines.filter((line) => line.includes('bot-in-circle'));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('"trace":"two → one → two → one → two → one → two → one"');

  const pausing = await app.chat({
    start: { type: 'start', next: 'ask' },
    ask: { type: 'question', text: 'Shall I wait?', default: 'wait' },
    wait: { type: 'pause', seconds: 1, next: 'again' },
    again: { type: 'message', text: 'Still here', next: 'wait' },
  });
  const { id } = await app.start(pausing);
  await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'Yes' });
  // As after a thousand of them; the next step finds that its memory is old.
  await update(id, `version = version + 1, bot_state = jsonb_set(bot_state::jsonb, '{alone}', '1000')::json`);
  await app.call('PUT', `/chats/${pausing}/sessions`, { sessionId: id, returnAnswerAsync: true });
  await expect.poll(async () => (await details(id)).botStatus).toBe('ERROR');
  expect(await counted('bot-in-circle')).toBe(2);
});

it('an answer has no more messages than a turn may say, and the rest is in the next one', async () => {
  const say = (name: string, next: string) => ({ [name]: { type: 'message', text: name, next } });
  const many = (from: number, to: number, next: string) =>
    Object.assign(
      {},
      ...Array.from({ length: to - from }, (_, index) => {
        const at = from + index;
        return say(`m${at}`, at === to - 1 ? next : `m${at + 1}`);
      }),
    ) as object;
  const blocks = {
    start: { type: 'start', next: 'm0' },
    ...many(0, 70, 'wait'),
    wait: { type: 'pause', seconds: 0.01, next: 'm70' },
    ...many(70, 140, 'ask'),
    ask: { type: 'question', text: 'Well?', default: 'end' },
    end: { type: 'end', text: 'Bye' },
  };
  const bot = await app.bot(blocks);
  type Said = { dialogId: string; messages: { body: string }[] };
  const begun = await app.call<Said>('POST', '/dialogs', { botId: bot, ttl: 600 }, app.admin);
  expect(begun.body.messages).toHaveLength(100);
  const path = `/dialogs/${begun.body.dialogId}`;
  const next = await app.call<Said>('POST', path, { message: 'Well' }, app.admin);
  expect([next.body.messages[0]?.body, next.body.messages.at(-1)?.body]).toEqual(['m100', 'Bye']);

  const chat = await app.call<{ id: string }>('POST', '/chats', { name: 'Chat', botId: bot }, app.admin);
  const started = await app.start(chat.body.id);
  // In one answer with what was said at once.
  expect(started.messages).toHaveLength(141);
});

it('variables of rows that keep them beside where the bot stands are read, written apart, and not lost', async () => {
  const chatId = await app.chat({
    start: { type: 'start', next: 'ask' },
    ask: { type: 'question', text: 'I know {name}', default: 'ask' },
  });
  const { id } = await app.start(chatId, { variables: { name: 'Ann' } });
  const before = `bot_state = jsonb_set(bot_state::jsonb, '{state}', (bot_state->'state')::jsonb || bot_data::jsonb)::json,
    bot_data = null`;
  await update(id, before);
  await app.restart();
  const stored = async () => {
    const text = `select bot_state->'state'->'variables' as beside, bot_data->'variables' as apart from sessions where id = $1`;
    return (await database.query<{ beside: unknown; apart: unknown }>({ text }, [id]))[0];
  };
  expect(await stored()).toEqual({ beside: { name: 'Ann' }, apart: null });
  await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'So?' });
  expect(await stored()).toEqual({ beside: null, apart: { name: 'Ann' } });
  await app.restart();
  await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'And now?' });
  expect((await said(id)).at(-1)?.body).toBe('I know Ann');
});

it('a session that has more data than there is room for may shrink, and not grow', async () => {
  const chatId = await app.chat({
    start: { type: 'start', next: 'ask' },
    ask: { type: 'question', text: 'More?', variable: 'said', default: 'ask' },
  });
  const { id } = await app.start(chatId);
  const large = { a: 'x'.repeat(60_000), b: 'x'.repeat(60_000) };
  await update(id, 'bot_data = $2::json', [JSON.stringify({ variables: large, results: {} })]);
  await app.restart();
  const add = async (variables: object) =>
    (await app.call('PUT', `/chats/${chatId}/sessions`, { sessionId: id, variables })).status;
  expect([
    await add({ c: 'more' }),
    await add({ a: 'x'.repeat(50_000) }),
    await add({ a: 'x'.repeat(60_000) }),
  ]).toEqual([413, 200, 413]);
  await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'A new variable of the bot' });
  expect((await details(id)).botStatus).toBe('ERROR');
});

it('an answer of a webhook with more data than there is room for is none, at once or later', async () => {
  let later = '';
  await using bot = await startReceiver((call, response) => {
    const { kind, reply } = call.body as { kind?: string; reply?: { url: string } };
    later = reply?.url ?? later;
    if (kind === 'start') response.writeHead(202).end();
    else json(response, { variables: { a: 'x'.repeat(60_000), b: 'x'.repeat(60_000) }, messages: [{ body: 'Much' }] });
  });
  const webhook = { url: bot.url, secret: 'a secret of sixteen and more' };
  const made = await app.call<{ id: string }>('POST', '/bots', { name: 'Hook', webhook }, app.admin);
  const chat = await app.call<{ id: string }>('POST', '/chats', { name: 'Chat', botId: made.body.id }, app.admin);
  const { id } = await app.start(chat.body.id, { returnAnswerAsync: true, callbackUrl: bot.url });
  await expect.poll(() => later).not.toBe('');
  const path = new URL(later).pathname;
  const large = { variables: { a: 'x'.repeat(66_000) } };
  const refused = await app.call('POST', path, { variables: { a: 'x'.repeat(60_000), b: 'x'.repeat(60_000) } });
  expect([refused.status, refused.headers.get('x-error-code')]).toEqual([413, 'data-too-large']);
  expect((await app.call('POST', path, large)).status).toBe(400);
  expect((await app.call('POST', path, { messages: [{ body: 'Hello' }] })).status).toBeLessThan(300);
  await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'So?' });
  await expect.poll(async () => (await details(id)).botStatus).toBe('ERROR');
  expect(lines.some((line) => line.includes('There would be too much data here'))).toBe(true);
});
