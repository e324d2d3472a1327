import type { DialogAnswer, ListPage, Message, MessageAccepted, Session, SessionStarted } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, startReceiver } from '../../testing/receiver.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const details = async (id: string) => (await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin)).body;
const said = async (id: string): Promise<string[]> =>
  (await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages?limit=100`)).body.items.map(({ body }) => body);
const send = (id: string, body: string, headers = {}) =>
  app.call<MessageAccepted>('POST', `/sessions/${id}/clients/messages`, { body }, headers);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function webhookBot(url: string): Promise<string> {
  const webhook = { url, secret: 'a secret of sixteen and more' };
  return (await app.call<{ id: string }>('POST', '/bots', { name: 'Hook', webhook }, app.admin)).body.id;
}

async function chatOf(botId: string, settings: Record<string, unknown> = {}): Promise<string> {
  const body = { name: 'Chat', botId, ...settings };
  return (await app.call<{ id: string }>('POST', '/chats', body, app.admin)).body.id;
}

describe('a webhook bot that set a deadline', () => {
  it('is told of it once, however long it takes to answer', async () => {
    await using bot = await startReceiver((call, response) => {
      const late = call.body['kind'] === 'timeout';
      setTimeout(
        () =>
          json(response, late ? { messages: [{ body: 'Too late' }] } : { messages: [{ body: 'Well?' }], deadline: 1 }),
        late ? 800 : 0,
      );
    });
    const session = await app.start(await chatOf(await webhookBot(bot.url)));
    await expect.poll(() => said(session.id)).toEqual(['Well?', 'Too late']);
    await pause(600);
    expect(bot.received.map(({ body }) => body['kind'])).toEqual(['start', 'timeout']);
  });

  it('is not told of it where the client wrote in time and the bot is slow', async () => {
    await using bot = await startReceiver((call, response) =>
      setTimeout(
        () => json(response, { messages: [{ body: String(call.body['kind']) }], deadline: 1 }),
        call.body['kind'] === 'message' ? 1600 : 0,
      ),
    );
    const session = await app.start(await chatOf(await webhookBot(bot.url)));
    await send(session.id, 'in time');
    await expect.poll(() => said(session.id)).toEqual(['start', 'in time', 'message']);
    expect(bot.received.map(({ body }) => body['kind'])).toEqual(['start', 'message']);
  });
});

describe('a repeat', () => {
  it('of a continue whose message ended the session is answered as the first was', async () => {
    const chatId = await app.chat(echoBlocks);
    const [clientId, key] = [crypto.randomUUID(), crypto.randomUUID()];
    const { id } = await app.start(chatId, { clientId });
    await send(id, 'hello');
    const bye = () =>
      app.call<SessionStarted>(
        'PUT',
        `/chats/${chatId}/sessions`,
        { clientId, messageBody: 'bye' },
        {
          'idempotency-key': key,
        },
      );
    const [one, two] = [await bye(), await bye()];
    expect([one.body.messages.map(({ body }) => body), two.body.id]).toEqual([['Bye'], one.body.id]);
    expect([two.headers.get('idempotent-replay'), two.body.messages]).toEqual(['true', one.body.messages]);
  });

  it('of a start with a slow bot has what the bot said, also where the first is still waited for', async () => {
    await using bot = await startReceiver((_call, response) =>
      setTimeout(() => json(response, { messages: [{ body: 'Hello' }] }), 300),
    );
    const chatId = await chatOf(await webhookBot(bot.url));
    const key = { 'idempotency-key': crypto.randomUUID() };
    const start = () => app.call<SessionStarted>('POST', `/chats/${chatId}/sessions`, {}, key);
    const answers = await Promise.all([start(), pause(100).then(start)]);
    answers.push(await start());
    expect(answers.map(({ body }) => body.messages.map((message) => message.body))).toEqual([
      ['Hello'],
      ['Hello'],
      ['Hello'],
    ]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  it('of a dialog’s message is answered once, many at a time and after its end', async () => {
    const botId = await app.bot(echoBlocks);
    const { body } = await app.call<DialogAnswer>('POST', '/dialogs', { botId, ttl: 600 }, app.admin);
    const headers = { ...app.admin, 'idempotency-key': 'key' };
    const bye = () => app.call<DialogAnswer>('POST', `/dialogs/${body.dialogId}`, { message: 'x' }, headers);
    const many = await Promise.all([bye(), bye(), bye()]);
    expect(many.map(({ status }) => status)).toEqual([200, 200, 200]);
    const end = () =>
      app.call<DialogAnswer>(
        'POST',
        `/dialogs/${body.dialogId}`,
        { message: 'bye' },
        {
          ...app.admin,
          'idempotency-key': 'end',
        },
      );
    expect([(await end()).body.messages, (await end()).body.messages]).toMatchObject([
      [{ body: 'Bye' }],
      [{ body: 'Bye' }],
    ]);
  });

  it('of a key that the other side used is refused', async () => {
    const session = await app.start(await app.chat(echoBlocks));
    const key = { 'idempotency-key': 'the same for both' };
    await send(session.id, 'mine', key);
    const path = `/sessions/${session.id}/operators/messages`;
    expect((await app.call('POST', path, { body: 'yours' }, { ...app.admin, ...key })).status).toBe(400);
  });
});

it('an answer in the response does not come by callback as well', async () => {
  await using receiver = await startReceiver();
  const chatId = await app.chat({
    start: { type: 'start', next: 'one' },
    one: { type: 'message', text: 'one', next: 'pause' },
    pause: { type: 'pause', seconds: 0.3, next: 'ask' },
    ask: { type: 'question', text: 'ask' },
  });
  const session = await app.start(chatId, { callbackUrl: receiver.url, returnAnswerAsync: false });
  expect(session.messages.map(({ body }) => body)).toEqual(['one', 'ask']);
  await pause(300);
  expect(receiver.received).toEqual([]);
});

it('variables that are added again and again do not grow without end', async () => {
  const chatId = await app.chat(echoBlocks);
  const session = await app.start(chatId);
  const add = async (variables: object, length: number) => {
    const values = Object.fromEntries(Object.keys(variables).map((name) => [name, 'я'.repeat(length)]));
    const body = { sessionId: session.id, variables: values };
    const { status, headers } = await app.call('PUT', `/chats/${chatId}/sessions`, body);
    return [status, headers.get('x-error-code')];
  };
  // A character of two bytes counts as two, and metadata with the variables.
  expect(await add({ a: 0, b: 0 }, 15_000)).toEqual([200, null]);
  expect(await add({ c: 0 }, 15_000)).toEqual([413, 'data-too-large']);
  expect(await add({ a: 0 }, 10_000)).toEqual([200, null]);
  expect(await add({ c: 0 }, 7_000)).toEqual([200, null]);
  const many = Object.fromEntries(Array.from({ length: 17_000 }, (_, index) => [`v${index}`, 1]));
  for (const body of [{ variables: many }, { clientMetadata: many }]) {
    const refused = await app.call('POST', `/chats/${chatId}/sessions`, body);
    expect([refused.status, refused.headers.get('x-error-code')]).toEqual([413, 'data-too-large']);
  }
});

it('a webhook that follows a time-out of the client is heard', async () => {
  await using bot = await startReceiver((_call, response) =>
    setTimeout(() => json(response, { messages: [{ body: 'Still there?' }], status: 'STOP' }), 500),
  );
  const chatId = await app.chat(echoBlocks, { clientTimeoutBotId: await webhookBot(bot.url) });
  const session = await app.start(chatId, { sessionTtl: 2 });
  await expect.poll(() => said(session.id)).toEqual(['Say something', 'Still there?']);
  expect((await details(session.id)).status).toBe('CLOSED');
});

it('a transfer to the group of who answers already changes nobody', async () => {
  const olga = await app.operator('Olga');
  const { body: group } = await app.call<{ id: string }>(
    'POST',
    '/groups',
    { name: 'G', operatorIds: [olga.id] },
    app.admin,
  );
  await app.call('PATCH', '/users/me/activate', [], olga.header);
  const session = await app.start(await app.chat(echoBlocks));
  for (let time = 0; time < 2; time++) {
    await app.call('PATCH', `/sessions/${session.id}/groupoperators/${group.id}`, [], app.admin);
  }
  const { body } = await app.call<{ items: { event: string }[] }>('GET', `/sessions/${session.id}/events`);
  expect(body.items.filter(({ event }) => event === 'operatorChanged')).toHaveLength(1);
});

it('what is deleted is gone from all of the log: its edits, and what quotes it', async () => {
  const session = await app.start(await app.chat(echoBlocks));
  const path = `/sessions/${session.id}/operators/messages`;
  const { body } = await app.call<MessageAccepted>('POST', path, { body: 'draft text' }, app.admin);
  await app.call('POST', `/sessions/${session.id}/clients/messages`, { body: 'what?', replyToMessageId: body.id });
  await app.call('PATCH', `/messages/${body.id}`, { body: 'edited text' }, app.admin);
  expect((await app.call('DELETE', `/messages/${body.id}`, [], app.admin)).status).toBe(204);
  await send(session.id, 'later');
  const own = await app.call<MessageAccepted>('POST', path, { body: 'last' }, app.admin);
  await app.call('DELETE', `/messages/${own.body.id}`, [], app.admin);
  expect((await details(session.id)).lastMessage?.body).toBe('later');
  const { body: log } = await app.call('GET', `/sessions/${session.id}/events?limit=1000`);
  expect(JSON.stringify(log)).toContain('what?');
  expect(JSON.stringify(log)).not.toMatch(/draft text|edited text/);
});
