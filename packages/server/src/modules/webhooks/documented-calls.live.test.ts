import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  callbackSchemas,
  LIVE_PATH,
  notificationSchemas,
  notifyEvents,
  type CallbackName,
  type NotifyEventName,
  type WebhookAnswer,
} from '@molva/contract';
import { Centrifuge } from 'centrifuge';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Clean } from 'typebox/value';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

interface Received {
  readonly path: string;
  readonly body: { readonly event?: string } & Record<string, unknown>;
}

let app: TestApp;
let server: Server;
let url: string;
const received: Received[] = [];
beforeAll(async () => {
  app = await startTestApp();
  server = createServer((request, response) => {
    void json(request).then((body) => {
      received.push({ path: request.url ?? '', body: body as Received['body'] });
      const answer: WebhookAnswer = { messages: [{ body: 'Hello' }] };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await converse();
  await talkToBots();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await new Promise((closed) => server.close(closed));
});

const handOver = {
  start: { type: 'start', next: 'hello' },
  hello: { type: 'question', text: 'Hello', branches: [{ exact: ['person'], next: 'people' }], default: 'end' },
  people: { type: 'operator', announcement: 'Wants a person' },
  end: { type: 'end', text: 'Bye' },
};

/** Makes everything happen in sessions that there is a notification of. */
async function converse(): Promise<void> {
  const chatId = await app.chat(handOver, {
    eventCallbackUrl: `${url}/eventNotification`,
    eventCallbackData: 'shop 1',
    notifyOnEvents: Object.keys(notifyEvents),
    fcmServerKey: 'key',
    fcmServiceUrl: `${url}/push`,
    pushData: { action: 'open-chat' },
  });
  const session = await app.start(chatId, { clientDeviceId: 'device' });
  const olga = await app.operator('Olga');
  const at = `/sessions/${session.id}`;
  const live = new Centrifuge(app.url.replace('http', 'ws') + LIVE_PATH, {
    websocket: WebSocket,
    data: { application: 'widget', settings: { sessions: [session.id] } },
  });
  live.connect();
  await live.ready(30_000);
  await live.rpc('joinSession', { id: session.id });
  await app.call('POST', `${at}/clients/messages`, { body: 'person' });
  await vi.waitUntil(() => received.some(({ body }) => body.event === 'OPERATOR_NOT_FOUND'), { timeout: 30_000 });
  await app.call('PATCH', `${at}/operators/${olga.id}`, undefined, app.admin);
  const { body: asked } = await app.call<{ id: string }>('POST', `${at}/clients/messages`, { body: 'Where is it?' });
  await app.call('PATCH', `/messages/${asked.id}/read`, undefined, olga.header);
  const { body: said } = await app.call<{ id: string }>(
    'POST',
    `${at}/operators/messages`,
    { body: 'Soon' },
    olga.header,
  );
  await app.call('PATCH', `/messages/${said.id}/read`);
  await app.call('PATCH', `/messages/${said.id}`, { body: 'Very soon' }, olga.header);
  await app.call('DELETE', `/messages/${said.id}`, undefined, olga.header);
  await app.call('PUT', `${at}/rating`, { rating: 5 });
  await live.rpc('leaveSession', { id: session.id });
  live.disconnect();
  // Pushes go to clients that are away.
  await vi.waitUntil(() => received.some(({ body }) => body.event === 'CLIENT_OFFLINE'), { timeout: 30_000 });
  await app.call('POST', `${at}/operators/messages`, { body: 'Are you there?' }, olga.header);
  await app.call('PATCH', `${at}/spam`, undefined, app.admin);
}

/** Lets bots answer by callback, a dialog end, and a webhook bot be asked. */
async function talkToBots(): Promise<void> {
  const dialog = {
    botId: await app.bot(echoBlocks),
    ttl: 3600,
    returnAnswerAsync: true,
    callbackUrl: `${url}/botAnswer`,
    callbackData: 'order 4711',
    dialogResultCallbacks: { url: `${url}/dialogResult`, data: { order: 4711 } },
  };
  const { body } = await app.call<{ dialogId: string }>('POST', '/dialogs', dialog, app.admin);
  await app.call('POST', `/dialogs/${body.dialogId}/finish`, undefined, app.admin);
  const webhook = { url: `${url}/botQuestion`, secret: 'a secret of sixteen' };
  const bot = await app.call<{ id: string }>('POST', '/bots', { name: 'Webhook', webhook }, app.admin);
  const chat = await app.call<{ id: string }>('POST', '/chats', { name: 'Chat', botId: bot.body.id }, app.admin);
  await app.start(chat.body.id, { clientName: 'Anna', clientTimezone: 180, messageBody: 'hello' });
}

function expectToFit(schema: TSchema, body: unknown): void {
  expect(Compile(schema).Errors(body)).toEqual([]);
  // What is documented is all there is: nothing falls away with it.
  expect(Clean(schema, structuredClone(body))).toEqual(body);
}

describe('what is posted is what is documented', () => {
  it.each(Object.keys(notifyEvents) as NotifyEventName[])('to eventCallbackUrl: %s', async (event) => {
    const bodies = () => received.filter(({ body }) => body.event === event).map(({ body }) => body);
    await expect.poll(bodies).not.toEqual([]);
    for (const body of bodies()) expectToFit(notificationSchemas[event], body);
  });

  it.each(Object.keys(callbackSchemas) as CallbackName[])('as %s', async (name) => {
    const bodies = () => received.filter(({ path }) => path === `/${name}`).map(({ body }) => body);
    await expect.poll(bodies).not.toEqual([]);
    for (const body of bodies()) {
      // A push also carries what the chat's `pushData` holds.
      if (name === 'push') expect(Compile(callbackSchemas.push).Errors(body)).toEqual([]);
      else expectToFit(callbackSchemas[name], body);
    }
  });
});
