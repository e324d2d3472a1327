import type { DialogAnswer, ListPage } from '@molva/contract';
import { DialogAnswer as DialogAnswerSchema } from '@molva/contract';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver } from '../../../testing/receiver.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
let botId: string;
beforeAll(async () => {
  app = await startTestApp();
  botId = await app.bot(echoBlocks);
});
afterAll(() => app[Symbol.asyncDispose]());

const isAnswer = Compile(DialogAnswerSchema);
const post = (path: string, body: unknown, headers = {}) =>
  app.call<DialogAnswer>('POST', path, body, { ...app.admin, ...headers });
const begin = async (body: Record<string, unknown> = {}): Promise<DialogAnswer> => {
  const answer = await post('/dialogs', { botId, ttl: 600, ...body });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  expect(isAnswer.Errors(answer.body)).toEqual([]);
  return answer.body;
};
const bodies = (answer: DialogAnswer) => (answer.messages ?? []).map(({ body }) => body);

describe('a dialog', () => {
  it('goes from start to its end in synchronous answers', async () => {
    const started = await begin({ variables: { name: 'Anna' }, clientMetadata: { tags: ['a'] } });
    expect(started).toMatchObject({ botId, status: 'WAIT', language: 'en', result: {} });
    expect(started.messages).toEqual([
      {
        body: 'Say something',
        actions: [],
        answers: [],
        attachments: [],
        meta: [],
        substitutions: { nodeId: 'ask', botId },
      },
    ]);
    const { dialogId } = started;
    const next = await post(`/dialogs/${dialogId}`, { message: 'hello' });
    expect(bodies(next.body)).toEqual(['You said hello', 'More?']);
    const { body: variables } = await app.call<Record<string, Record<string, unknown>>>(
      'GET',
      `/dialogs/${dialogId}/variableList`,
      undefined,
      app.admin,
    );
    expect(variables['context']).toEqual({ name: 'Anna', tags: '["a"]', said: 'hello' });
    expect(variables['system']).toMatchObject({ dialogId });
    const last = await post(`/dialogs/${dialogId}`, { message: 'bye' });
    expect([last.body.status, bodies(last.body)]).toEqual(['STOP', ['Bye']]);
    const late = await post(`/dialogs/${dialogId}`, { message: 'more' });
    expect([late.status, late.headers.get('x-error-code')]).toEqual([422, 'dialog-ended']);
    expect((await post(`/dialogs/${dialogId}/finish`, [])).status).toBe(204);
    const traces = await app.call<ListPage<{ info: Record<string, unknown> }>>(
      'GET',
      `/dialogs/${dialogId}/debugInfo?limit=100`,
      undefined,
      app.admin,
    );
    expect(traces.body.count).toBe(3);
    expect(traces.body.items[1]?.info).toMatchObject({ path: ['answer', 'listen'], status: 'WAIT' });
  });

  it('is found by the id its caller chose, once, and only by its company', async () => {
    const dialogId = crypto.randomUUID();
    expect((await begin({ dialogId })).dialogId).toBe(dialogId);
    const again = await post('/dialogs', { botId, ttl: 600, dialogId });
    expect([again.status, again.headers.get('x-error-code')]).toEqual([422, 'dialog-exists']);
    expect((await post(`/dialogs/${crypto.randomUUID()}`, { message: 'x' })).status).toBe(404);
  });

  it('is the same conversation as in a chat session', async () => {
    const chatId = await app.chat(echoBlocks);
    const session = await app.start(chatId);
    const dialog = await begin();
    const inChat = session.messages.map(({ body }) => body);
    const inDialog = bodies(dialog);
    for (const message of ['one', 'two', 'bye']) {
      inDialog.push(...bodies((await post(`/dialogs/${dialog.dialogId}`, { message })).body));
      const { body } = await app.call<{ messages: { body: string }[] }>('PUT', `/chats/${chatId}/sessions`, {
        sessionId: session.id,
        messageBody: message,
      });
      inChat.push(...body.messages.map((said) => said.body));
    }
    expect(inDialog).toEqual(inChat);
  });

  it('begins with a message where the start carries one', async () => {
    expect(bodies(await begin({ message: 'straight' }))).toEqual(['Say something']);
  });

  it('goes on with another bot, which has the variables there are', async () => {
    const other = await app.bot({
      start: { type: 'start', next: 'ask' },
      ask: { type: 'question', text: 'Hello {name} from {previousBotId}' },
    });
    const { dialogId } = await begin({ variables: { name: 'Anna' } });
    const { body } = await post(`/dialogs/${dialogId}/reload`, { botId: other });
    expect([body.botId, bodies(body)]).toEqual([other, [`Hello Anna from ${botId}`]]);
    expect((await post(`/dialogs/${dialogId}/reload`, { botId: crypto.randomUUID() })).status).toBe(400);
  });

  it('ends when its life time has passed, counted from its last message', async () => {
    const { dialogId } = await begin({ ttl: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await post(`/dialogs/${dialogId}`, { message: 'x' })).headers.get('x-error-code')).toBe('dialog-ended');
  });

  it('answers a repeat of the same key as it answered first', async () => {
    const { dialogId } = await begin();
    const send = () => post(`/dialogs/${dialogId}`, { message: 'once' }, { 'idempotency-key': 'key-1' });
    expect(bodies((await send()).body)).toEqual(['You said once', 'More?']);
    expect(bodies((await send()).body)).toEqual(['You said once', 'More?']);
  });

  it('waits for a bot that pauses, and tells later what came too late', async () => {
    const slow = await app.bot({
      start: { type: 'start', next: 'first' },
      first: { type: 'message', text: 'One moment', next: 'pause' },
      pause: { type: 'pause', seconds: 0.3, next: 'ask' },
      ask: { type: 'question', text: 'Now?' },
    });
    expect(bodies(await begin({ botId: slow }))).toEqual(['One moment', 'Now?']);
  });

  it.each([
    [{ botId: crypto.randomUUID() }, 400, 'botId'],
    [{ ttl: 0 }, 400, 'ttl'],
    [{ ttl: 43_201 }, 400, 'ttl'],
    [{ returnAnswerAsync: true }, 400, 'callbackUrl'],
    [{ attachments: [{ url: 'ftp://x' }] }, 400, 'attachments.0.url'],
  ])('refuses %o', async (body, status, field) => {
    const answer = await app.call<{ details: { fields: object } }>(
      'POST',
      '/dialogs',
      { botId, ttl: 60, ...body },
      app.admin,
    );
    expect(answer.status).toBe(status);
    expect(Object.keys(answer.body.details.fields)).toContain(field);
  });

  it('has no voice', async () => {
    const answer = await post('/dialogs', { botId, ttl: 60, communicationType: 'VOICE' });
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([422, 'voice-unsupported']);
  });

  it('is no session of a chat: neither its own id nor that of its session opens one', async () => {
    const { dialogId } = await begin();
    expect((await app.call('GET', `/sessions/${dialogId}`, undefined, app.admin)).status).toBe(404);
    const list = await app.call<ListPage<{ chatId: string }>>('GET', '/sessions?limit=1000', undefined, app.admin);
    expect(list.body.items.every(({ chatId }) => chatId !== '')).toBe(true);
  });
});

describe('a dialog by callback', () => {
  it('answers at once with no messages, then calls back in order, signed where the company has a secret', async () => {
    await using receiver = await startReceiver();
    const callback = { returnAnswerAsync: true, callbackUrl: `${receiver.url}/answers`, callbackData: 'mine' };
    const started = await begin({
      ...callback,
      dialogResultCallbacks: { url: `${receiver.url}/results`, data: { order: 7 } },
    });
    expect(started.messages).toBeNull();
    const path = `/dialogs/${started.dialogId}`;
    for (const message of ['one', 'bye']) {
      const answer = await post(path, { message, returnAnswerAsync: true });
      expect([answer.status, answer.body.messages]).toEqual([200, null]);
    }
    await expect.poll(() => receiver.received.length).toBe(4);
    expect(receiver.received.map((call) => call.path)).toEqual(['/answers', '/answers', '/answers', '/results']);
    expect(receiver.received[1]?.body).toMatchObject({
      dialogId: started.dialogId,
      botId,
      status: 'WAIT',
      language: 'en',
      callbackData: 'mine',
      messages: [
        { body: 'You said one', substitutions: { nodeId: 'answer', botId } },
        { body: 'More?', substitutions: { nodeId: 'listen', botId } },
      ],
    });
    expect(receiver.received[2]?.body).toMatchObject({ status: 'STOP' });
    expect(receiver.received[3]?.body).toMatchObject({
      dialogId: started.dialogId,
      status: 'STOP',
      variables: { said: 'bye' },
      data: { order: 7 },
    });
  });
});
