import type { ListPage, Message } from '@molva/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const said = async (id: string) =>
  (await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages?limit=100&sort=seq`)).body.items;

it('a message arrives without characters that no text can have, whoever says it and however', async () => {
  const chatId = await app.chat(echoBlocks);
  const started = await app.call<{ id: string }>('POST', `/chats/${chatId}/sessions`, '{"messageBody":"a\\u0000b"}');
  const { id } = started.body;
  const bodies = ['"xx\\u0000example.com"', '"cut \\ud83d"', '"\\ude00 begins"', '"whole \\ud83d\\ude00"'];
  for (const body of bodies) {
    expect((await app.call('POST', `/sessions/${id}/clients/messages`, `{"body":${body}}`)).status, body).toBe(201);
  }
  const people = await app.call<{ id: string }>(
    'POST',
    `/sessions/${id}/operators/messages`,
    '{"body":"yes\\u0000"}',
    app.admin,
  );
  expect(people.status).toBe(201);
  const texts = (await said(id)).filter(({ authorType }) => authorType !== 'BOT').map(({ body }) => body);
  expect(texts).toEqual(['ab', 'xxexample.com', 'cut \ufffd', '\ufffd begins', 'whole 😀', 'yes']);
  await app.call('PATCH', `/messages/${people.body.id}`, '{"body":"no\\u0000"}', app.admin);

  const dialog = { botId: await app.bot(echoBlocks), ttl: 600, message: null };
  const begun = await app.call<{ dialogId: string }>('POST', '/dialogs', dialog, app.admin);
  const path = `/dialogs/${begun.body.dialogId}`;
  const answer = await app.call<{ messages: { body: string }[] }>('POST', path, '{"message":"x\\u0000y"}', app.admin);
  expect(answer.body.messages[0]?.body).toBe('You said xy');
});

it('everywhere else such a character is refused by the name of its field', async () => {
  const chatId = await app.chat(echoBlocks);
  for (const [body, field] of [
    ['{"clientName":"a\\u0000b"}', 'clientName'],
    ['{"variables":{"x":{"y":["\\ud800"]}}}', 'variables.x.y.0'],
    ['{"clientMetadata":{"a\\u0000":"b"}}', 'clientMetadata'],
  ] as const) {
    const { status, body: answer } = await app.call('POST', `/chats/${chatId}/sessions`, body);
    expect([status, Object.keys((answer['details'] as { fields: object }).fields)]).toEqual([400, [field]]);
  }
});

it('a message that shows nothing is none, whoever says it', async () => {
  const { id } = await app.start(await app.chat(echoBlocks));
  const blank = ['', '   ', '\n\n', '\u200b', '\u200d\u200e\u202e\u2066', '\u00a0', '\u3164', '\u2800', '\u0000'];
  for (const body of blank) {
    const by = async (path: string) => (await app.call('POST', `/sessions/${id}/${path}`, { body }, app.admin)).status;
    expect([await by('clients/messages'), await by('operators/messages')], JSON.stringify(body)).toEqual([400, 400]);
  }
  for (const body of ['👍🏽', '❤️', '.', '\u200bseen', '\u2028\u2029']) {
    expect((await app.call('POST', `/sessions/${id}/clients/messages`, { body })).status, body).toBe(201);
  }
});
