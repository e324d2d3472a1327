import { createHmac } from 'node:crypto';
import type { DialogAnswer, ListPage, Message, Session } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, startReceiver, type Received } from '../../../testing/receiver.ts';
import { startTestApp, type TestApp } from '../../../testing/test-app.ts';

const SECRET = 'a secret of sixteen and more';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

async function webhookBot(url: string, more: Record<string, unknown> = {}): Promise<string> {
  const answer = await app.call<{ id: string }>(
    'POST',
    '/bots',
    { name: 'Hook', webhook: { url, secret: SECRET, ...more } },
    app.admin,
  );
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body.id;
}

async function webhookChat(url: string, settings: Record<string, unknown> = {}, more = {}): Promise<string> {
  const botId = await webhookBot(url, more);
  const { body } = await app.call<{ id: string }>('POST', '/chats', { name: 'Chat', botId, ...settings }, app.admin);
  return body.id;
}

const said = async (id: string): Promise<string[]> =>
  (await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages?limit=100`)).body.items.map(({ body }) => body);
const send = (id: string, body: string) => app.call('POST', `/sessions/${id}/clients/messages`, { body });
const details = async (id: string) => (await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin)).body;
const signed = ({ headers, text }: Received): boolean =>
  headers['x-signature'] === createHmac('sha256', SECRET).update(text).digest('hex');

describe('a webhook bot', () => {
  it('keeps the variables that a continue gives it while it thinks', async () => {
    let meanwhile: () => Promise<unknown> = async () => undefined;
    await using bot = await startReceiver(async (_call, response) => {
      await meanwhile();
      json(response, { messages: [{ body: 'Well' }], variables: { seen: true, order: '8' } });
    });
    const chat = await webhookChat(bot.url);
    const { id } = await app.start(chat, { clientMetadata: { order: '7', name: 'Ann' } });
    meanwhile = () => {
      const body = { sessionId: id, clientMetadata: { town: 'Ely', name: 'Eve' }, returnAnswerAsync: true };
      return app.call('PUT', `/chats/${chat}/sessions`, body, app.admin);
    };
    await send(id, 'hi');
    await expect.poll(() => said(id)).toEqual(['Well', 'hi', 'Well']);
    await send(id, 'again');
    const given = () => bot.received.find(({ text }) => text.includes('again'))?.body['variables'];
    await expect.poll(given).toMatchObject({ order: '8', seen: true, town: 'Ely', name: 'Eve' });
  });

  it('keeps them too where it answers later, or sends back all that it was asked with', async () => {
    let meanwhile: () => Promise<unknown> = async () => undefined;
    await using bot = await startReceiver(async ({ body }, response, index) => {
      if (index !== 1) return json(response, { messages: [{ body: 'Well' }] });
      const { variables, reply } = body as { variables: Record<string, unknown>; reply: { url: string } };
      response.writeHead(202).end();
      await meanwhile();
      const answer = { messages: [{ body: 'At last' }], variables: { ...variables, seen: true } };
      await app.call('POST', new URL(reply.url).pathname, answer);
    });
    const chat = await webhookChat(bot.url);
    const { id } = await app.start(chat, { variables: { name: 'Ann', order: '7' } });
    meanwhile = () => {
      const variables = { name: 'Eve', town: 'Ely' };
      return app.call('PUT', `/chats/${chat}/sessions`, { sessionId: id, variables, returnAnswerAsync: true });
    };
    await send(id, 'hi');
    await expect.poll(() => said(id)).toEqual(['Well', 'hi', 'At last']);
    await send(id, 'again');
    const given = () => bot.received.find(({ text }) => text.includes('again'))?.body['variables'];
    await expect.poll(given).toEqual({ name: 'Eve', order: '7', town: 'Ely', seen: true });
  });

  it('answers in the response of a start, signed questions only', async () => {
    await using bot = await startReceiver((call, response) => {
      const { message } = call.body as { message: { text: string } | null };
      json(response, {
        messages: [{ body: message === null ? 'Hello' : `You said ${message.text}` }],
        variables: { seen: true },
      });
    });
    const session = await app.start(await webhookChat(bot.url), { clientMetadata: { order: '7' } });
    expect(session.messages.map(({ body }) => body)).toEqual(['Hello']);
    await send(session.id, 'hi');
    await expect.poll(() => said(session.id)).toEqual(['Hello', 'hi', 'You said hi']);
    expect(bot.received.every(signed)).toBe(true);
    expect(bot.received[0]?.body).toMatchObject({
      kind: 'start',
      sessionId: session.id,
      message: null,
      variables: { order: '7' },
    });
    expect(bot.received[1]?.body).toMatchObject({ kind: 'message', variables: { order: '7', seen: true } });
    expect(await details(session.id)).toMatchObject({ botStatus: 'WAIT', operatorType: 'BOT' });
  });

  it('is asked one thing at a time, in the order things were said', async () => {
    let open = 0;
    let most = 0;
    await using bot = await startReceiver((call, response, index) => {
      most = Math.max(most, ++open);
      const { message } = call.body as { message: { text: string } | null };
      const wait = index === 0 ? 0 : [300, 100, 0][index - 1];
      setTimeout(() => {
        open--;
        json(response, { messages: [{ body: `re ${message?.text ?? 'start'}` }] });
      }, wait);
    });
    const session = await app.start(await webhookChat(bot.url));
    for (const body of ['a', 'b', 'c']) await send(session.id, body);
    await expect
      .poll(async () => (await said(session.id)).filter((text) => text.startsWith('re')))
      .toEqual(['re start', 're a', 're b', 're c']);
    expect(most).toBe(1);
  });

  it('may answer later, to the address in its question, once', async () => {
    await using bot = await startReceiver((_call, response) => response.writeHead(202).end());
    const session = await app.begun(await webhookChat(bot.url), 'hi');
    await expect.poll(() => bot.received.length).toBe(1);
    const { url } = bot.received.map(({ body }) => body['reply'] as { url: string })[0] ?? { url: '' };
    const answer = (body: unknown) => fetch(url, { method: 'POST', body: JSON.stringify(body) });
    expect((await answer({ messages: [{ body: 1 }] })).status).toBe(400);
    expect((await answer({ messages: [{ body: 'Later' }], result: { found: true } })).status).toBe(204);
    expect(await said(session.id)).toEqual(['hi', 'Later']);
    const again = await answer({ messages: [{ body: 'Again' }] });
    expect([again.status, again.headers.get('x-error-code')]).toEqual([422, 'answer-late']);
    expect((await fetch(`${url}x`, { method: 'POST', body: '{}' })).status).toBe(404);
  });

  it('that promised an answer and stays silent hands over to people', async () => {
    await using bot = await startReceiver((_call, response) => response.writeHead(202).end());
    const chatId = await webhookChat(bot.url, { operatorsBusyMessage: 'All are busy' }, { answerTimeout: 1 });
    const session = await app.begun(chatId, 'hi');
    await expect.poll(() => said(session.id)).toEqual(['hi', 'All are busy']);
    expect(await details(session.id)).toMatchObject({ operatorType: 'OPERATOR', operatorId: '', botStatus: 'ERROR' });
  });

  it.each([
    ['answers nonsense', (response: Parameters<typeof json>[0]) => response.writeHead(200).end('no JSON')],
    ['answers what is no answer', (response: Parameters<typeof json>[0]) => json(response, { messages: 'x' })],
    ['fails', (response: Parameters<typeof json>[0]) => response.writeHead(500).end()],
  ])('that %s three times hands over to people, and what was said is not lost', async (_what, answer) => {
    await using bot = await startReceiver((_call, response) => answer(response));
    const session = await app.start(await webhookChat(bot.url, { operatorsBusyMessage: 'All are busy' }));
    await expect.poll(() => said(session.id)).toEqual(['All are busy']);
    expect(bot.received.length).toBe(3);
    expect(new Set(bot.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    await send(session.id, 'anybody?');
    expect(await details(session.id)).toMatchObject({
      operatorType: 'OPERATOR',
      botStatus: 'ERROR',
      unreadClientMessageCount: 1,
    });
  });

  it('that is slow is given three seconds three times', async () => {
    await using bot = await startReceiver(() => undefined);
    const session = await app.begun(await webhookChat(bot.url), 'hi');
    await expect.poll(async () => (await details(session.id)).botStatus).toBe('ERROR');
    expect(bot.received.length).toBe(3);
  });

  it('that is dead hands over at once', async () => {
    const chatId = await webhookChat('http://127.0.0.1:1/');
    const session = await app.start(chatId);
    expect(await details(session.id)).toMatchObject({ operatorType: 'OPERATOR', botStatus: 'ERROR' });
  });

  it('hands over, ends and keeps facts by its answers', async () => {
    await using bot = await startReceiver((_call, response, index) =>
      json(
        response,
        index === 0
          ? {
              messages: [{ body: 'Bye' }],
              status: 'STOP',
              facts: [{ context: 'c', name: 'n', value: 5 }],
              result: { ok: true },
            }
          : { handOver: { announcement: 'Wants a refund' } },
      ),
    );
    const chatId = await webhookChat(bot.url);
    const ended = await app.start(chatId);
    expect(await details(ended.id)).toMatchObject({ status: 'CLOSED', botStatus: 'STOP' });
    const facts = await app.call<ListPage<{ value: unknown }>>(
      'GET',
      `/facts?clientId=${ended.clientId}`,
      undefined,
      app.admin,
    );
    expect(facts.body.items).toMatchObject([{ context: 'c', name: 'n', value: 5 }]);
    const handed = await app.start(chatId);
    expect(await details(handed.id)).toMatchObject({
      botStatus: 'OPERATOR',
      handOver: { announcement: 'Wants a refund' },
    });
  });

  it('runs in a dialog of the bot API as well, and goes on over a restart', async () => {
    await using bot = await startReceiver((_call, response, index) =>
      index === 1 ? undefined : json(response, { messages: [{ body: `Answer ${index}` }] }),
    );
    const botId = await webhookBot(bot.url);
    const { body } = await app.call<DialogAnswer>('POST', '/dialogs', { botId, ttl: 600 }, app.admin);
    expect(body.messages?.map((message) => message.body)).toEqual(['Answer 0']);
    const next = app.call<DialogAnswer>('POST', `/dialogs/${body.dialogId}`, { message: 'x' }, app.admin);
    // The first try is cut, the second answers.
    expect((await next).body.messages?.map((message) => message.body)).toEqual(['Answer 2']);
  });
});
