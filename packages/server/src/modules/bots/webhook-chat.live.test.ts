import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { ListPage, Message, Session } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

interface Question {
  readonly id: string;
  readonly kind: string;
  readonly message: { readonly text: string } | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly reply: { readonly url: string };
}

let app: TestApp;
let server: Server;
let url: string;
let answer: (question: Question) => { readonly status?: number; readonly body: unknown };
beforeAll(async () => {
  app = await startTestApp();
  server = createServer((request, response) => {
    void json(request).then((question) => {
      const { status = 200, body } = answer(question as Question);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await new Promise((closed) => server.close(closed));
});

/** A chat of a webhook bot; answers its id. */
async function chat(): Promise<string> {
  const webhook = { url, secret: 'sixteen characters' };
  const bot = await app.call<{ id: string }>('POST', '/bots', { name: 'Webhook', webhook }, app.admin);
  const made = await app.call<{ id: string }>('POST', '/chats', { name: 'Chat', botId: bot.body.id }, app.admin);
  return made.body.id;
}
const say = (id: string, body: string) => app.call('POST', `/sessions/${id}/clients/messages`, { body });
const bodies = async (id: string) => {
  const { body } = await app.call<ListPage<Message>>(
    'GET',
    `/sessions/${id}/messages?sort=createdAt`,
    undefined,
    app.admin,
  );
  return body.items.map((message) => message.body);
};
const session = async (id: string) => (await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin)).body;

describe('a chat with a webhook bot', () => {
  it('talks with it as with a scenario, from the start to the end', async () => {
    answer = ({ kind, message, variables }) =>
      kind === 'start'
        ? { body: { messages: [{ body: 'Hello' }], variables: { count: 0 } } }
        : message?.text === 'bye'
          ? { body: { status: 'STOP', messages: [{ body: 'Bye' }], result: { done: true } } }
          : {
              body: { messages: [{ body: `${message?.text}!` }], variables: { count: Number(variables['count']) + 1 } },
            };
    const started = await app.start(await chat());
    expect(started.messages.map(({ body }) => body)).toEqual(['Hello']);
    await say(started.id, 'one');
    await expect.poll(() => bodies(started.id)).toContain('one!');
    await say(started.id, 'bye');
    await expect.poll(async () => (await session(started.id)).status).toBe('CLOSED');
    expect(await bodies(started.id)).toEqual(expect.arrayContaining(['Hello', 'one', 'one!', 'bye', 'Bye']));
  });

  it('takes its later answer once, and tells what is wrong with it', async () => {
    let asked: Question | undefined;
    answer = (question) => {
      if (question.kind === 'start') return { body: {} };
      asked = question;
      return { status: 202, body: {} };
    };
    const started = await app.start(await chat());
    await say(started.id, 'think');
    await expect.poll(() => asked?.reply.url).toMatch(/\/api\/v1\/botanswers\/./);
    const path = new URL(asked?.reply.url ?? '').pathname;
    expect((await app.call('POST', path, { messages: [{ text: 'Hi' }] })).status).toBe(400);
    expect((await app.call('POST', `${path}x`, { messages: [] })).status).toBe(404);
    await expect.poll(async () => (await app.call('POST', path, { messages: [{ body: 'Thought' }] })).status).toBe(204);
    expect(await bodies(started.id)).toEqual(expect.arrayContaining(['think', 'Thought']));
    expect((await app.call('POST', path, { messages: [{ body: 'Again' }] })).status).toBe(422);
  });

  it('goes to people where it fails', async () => {
    answer = ({ kind }) => (kind === 'start' ? { body: {} } : { status: 500, body: {} });
    const started = await app.start(await chat());
    await say(started.id, 'help');
    await expect
      .poll(() => session(started.id))
      .toMatchObject({ botStatus: 'ERROR', status: 'ACTIVE', operatorType: 'OPERATOR' });
  });
});
