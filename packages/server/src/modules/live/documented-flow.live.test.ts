import type { SessionStarted } from '@molva/contract';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

const flow = {
  start: { type: 'start', next: 'hello' },
  hello: { type: 'question', text: 'Hello', default: 'typing' },
  typing: { type: 'pause', seconds: 0.3, next: 'offer' },
  offer: {
    type: 'question',
    text: 'Choose',
    answers: ['One', 'Two'],
    keyboard: { buttonsInRow: 2, buttons: ['One', 'Two'] },
    actions: [{ type: 'button', event: 'click_action', label: 'Press', data: '{"key":"value"}' }],
    attachments: [{ name: 'a.png', url: 'https://example.com/a.png', contentType: 'image/png', size: 10 }],
    default: 'end',
  },
  end: { type: 'end', text: 'Bye' },
};

interface Envelope {
  event: string;
  data: Record<string, unknown>;
}

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

describe.each([
  ['JSON', Centrifuge],
  ['Protobuf', ProtobufCentrifuge],
])('the documented flow over %s', (_name, Client) => {
  it('goes from start to TERMINAL and sessionClosed with the unmodified client', async () => {
    const chatId = await app.chat(flow, { sessionRatingRequired: true });
    const session = await app.start(chatId);
    expect(session.messages.map((message) => message.body)).toEqual(['Hello']);

    const client = new Client(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
      websocket: WebSocket,
      name: 'js',
      data: encode(Client, { application: 'widget', settings: { sessions: [session.id] } }),
    });
    const events: Envelope[] = [];
    client.on('publication', (context: PublicationContext) => events.push(decode(context.data)));
    client.connect();
    await client.ready(30_000);

    const joined = await client.rpc('joinSession', encode(Client, { id: session.id }));
    expect(decode(joined.data)).toEqual({ success: true });

    await app.call('POST', `/sessions/${session.id}/clients/messages`, { body: 'hi' });
    await expect.poll(() => events.map(({ event }) => event)).toEqual(['showTypingIndicator', 'chatMessageCreated']);
    expect(events[0]?.data).toEqual({ authorType: 'BOT' });
    expect(events[1]?.data['createdAt']).toMatch(/T\d\d:\d\d:\d\d\+00:00$/);
    expect(events[1]?.data).toMatchObject({
      authorType: 'BOT',
      body: 'Choose',
      answers: ['One', 'Two'],
      keyboard: {
        buttonsInRow: 2,
        buttons: [
          { type: 'text', text: 'One' },
          { type: 'text', text: 'Two' },
        ],
      },
      actions: [{ type: 'button', event: 'click_action', label: 'Press', data: '{"key":"value"}' }],
      attachments: [{ name: 'a.png', contentType: 'image/png', size: 10, downloadLink: 'https://example.com/a.png' }],
      sessionId: session.id,
      type: 'REGULAR',
    });

    await app.call('POST', `/sessions/${session.id}/messages`, { body: 'One', attachments: [] });
    await expect.poll(() => events.length).toBe(4);
    expect(events[2]?.data).toMatchObject({ type: 'TERMINAL', body: 'Bye' });
    expect(events[3]).toMatchObject({
      event: 'sessionClosed',
      data: { sessionId: session.id, chatId, sessionRatingRequired: true },
    });
    client.disconnect();
  });

  it('goes from an asynchronous start over a continue and a person to a rating after the close', async () => {
    const chatId = await app.chat(echoBlocks, { sessionRatingRequired: true });
    const olga = await app.operator('Olga');
    const { id, messages } = await app.start(chatId, { returnAnswerAsync: true });
    expect(messages).toEqual([]);
    const client = new Client(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
      websocket: WebSocket,
      name: 'js',
      data: encode(Client, { application: 'widget', settings: { sessions: [id] } }),
    });
    const events: Envelope[] = [];
    client.on('publication', (context: PublicationContext) => events.push(decode(context.data)));
    client.connect();
    await client.ready(30_000);
    const call = async (method: string, data: object): Promise<unknown> =>
      decode((await client.rpc(method, encode(Client, data))).data);
    expect(await call('joinSession', { id })).toEqual({ success: true });
    await expect.poll(() => events.map(({ data }) => data['body'])).toEqual(['Say something']);

    const more = { sessionId: id, messageBody: 'hi', returnAnswerAsync: true };
    const { status, body } = await app.call<SessionStarted>('PUT', `/chats/${chatId}/sessions`, more);
    expect([status, body.id, body.messages]).toEqual([200, id, []]);
    const { messageId = '' } = body;
    const say = { body: 'Hello, I am Olga' };
    for (const [method, path, data] of [
      ['PATCH', `/sessions/${id}/operators/${olga.id}`, []],
      ['PATCH', `/messages/${messageId}/read`, []],
      ['PATCH', `/sessions/${id}/typing`, {}],
      ['POST', `/sessions/${id}/operators/messages`, say],
      ['DELETE', `/sessions/${id}`, []],
    ] as const) {
      expect([path, (await app.call(method, path, data, olga.header)).status < 300]).toEqual([path, true]);
    }
    const heard = [
      ['chatMessageCreated', { body: 'Say something', authorType: 'BOT' }],
      ['chatMessageCreated', { body: 'You said hi', authorType: 'BOT' }],
      ['chatMessageCreated', { body: 'More?', authorType: 'BOT' }],
      ['operatorChanged', { operatorId: String(olga.id), operatorName: 'Olga' }],
      ['chatMessageRead', { messageId }],
      ['showTypingIndicator', { authorType: 'OPERATOR' }],
      ['chatMessageCreated', { ...say, authorType: 'OPERATOR' }],
      ['sessionClosed', { sessionId: id, chatId, sessionRatingRequired: true }],
    ].map(([event, data]) => ({ event, data: expect.objectContaining(data) as unknown }));
    await expect.poll(() => events).toEqual(heard);
    expect(await call('rateSession', { id, rating: 1, comment: 'Thanks' })).toEqual({ success: true });
    const after = await app.call('GET', `/sessions/${id}`, undefined, app.admin);
    expect(after.body).toMatchObject({ status: 'CLOSED', rating: 1 });
    client.disconnect();
  });
});

function encode(client: unknown, value: unknown): never {
  return (client === ProtobufCentrifuge ? new TextEncoder().encode(JSON.stringify(value)) : value) as never;
}

function decode(data: unknown): Envelope {
  return data instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(data)) : (data as Envelope);
}
