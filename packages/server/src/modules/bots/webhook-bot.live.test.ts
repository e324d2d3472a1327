import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { Failure } from '../../platform/failure.ts';
import { systemIds } from '../../platform/ids.ts';
import { openOutgoing, type Outgoing } from '../../platform/outgoing.ts';
import type { BotInput, HotSession } from '../sessions/index.ts';
import { WebhookBot } from './webhook-bot.ts';

const SECRET = 'a secret of sixteen';
const session = {
  id: '5b4cf8a9-9f2b-4a4e-8f2b-3f2b4a4e8f2b',
  chatId: 'c1c1c1c1-9f2b-4a4e-8f2b-3f2b4a4e8f2b',
  clientId: 'd1d1d1d1-9f2b-4a4e-8f2b-3f2b4a4e8f2b',
  clientName: 'Ann',
  options: { clientTimezone: 180, dialog: { id: 'e1e1e1e1-9f2b-4a4e-8f2b-3f2b4a4e8f2b' } },
} as unknown as HotSession;
const message = { id: 'f1f1f1f1-9f2b-4a4e-8f2b-3f2b4a4e8f2b', text: 'Hello', attachments: [] };
const said: BotInput = { kind: 'message', message };

interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Answering = (response: ServerResponse, attempt: number) => void;

let server: Server;
let outgoing: Outgoing;
let url: string;
let answering: Answering;
let received: Received[];
beforeAll(async () => {
  outgoing = openOutgoing(['127.0.0.0/8']);
  server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body });
      answering(response, received.length);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bot`;
});
beforeEach(() => {
  received = [];
});
afterAll(async () => {
  await outgoing[Symbol.asyncDispose]();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

const json =
  (body: unknown, status = 200): Answering =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

function bot(address = url, calls: Pick<Outgoing, 'request'> = outgoing): WebhookBot {
  return new WebhookBot({
    id: 'b1b1b1b1-9f2b-4a4e-8f2b-3f2b4a4e8f2b',
    name: 'Helper',
    language: 'en',
    webhook: { url: address, secret: SECRET, answerTimeout: 60 },
    outgoing: calls,
    clock: systemClock,
    ids: systemIds(() => 0),
    publicUrl: 'https://chat.example',
  });
}

function ask(input: BotInput, answer: Answering, given = {}, asked = bot()) {
  answering = answer;
  const state = asked.begin({ clientMetadata: given, variables: {} });
  const { signal } = new AbortController();
  return asked.ask(session, state, { id: 'question', input, replyToken: 'to/ken' }, { signal });
}

describe('a webhook bot', () => {
  it('is asked with everything it needs, signed, under a key that stays the same', async () => {
    await ask(said, (response, attempt) => json({}, attempt === 1 ? 500 : 200)(response, attempt), { order: 4711 });
    expect(received).toHaveLength(2);
    const [first, second] = received as [Received, Received];
    expect(second.body).toBe(first.body);
    expect(first.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': 'question',
      'x-signature': createHmac('sha256', SECRET).update(first.body).digest('hex'),
    });
    expect(second.headers['idempotency-key']).toBe('question');
    expect(JSON.parse(first.body)).toEqual({
      id: 'question',
      createdAt: expect.stringMatching(/^\d{4}-.*\+00:00$/),
      kind: 'message',
      botId: 'b1b1b1b1-9f2b-4a4e-8f2b-3f2b4a4e8f2b',
      dialogId: 'e1e1e1e1-9f2b-4a4e-8f2b-3f2b4a4e8f2b',
      sessionId: session.id,
      chatId: session.chatId,
      clientId: session.clientId,
      language: 'en',
      clientName: 'Ann',
      clientTimezone: 180,
      message,
      variables: { order: 4711 },
      reply: { url: 'https://chat.example/api/v1/botanswers/to%2Fken' },
    });
    await ask({ kind: 'start', nodeId: 'second' }, json({}));
    expect(JSON.parse(received[2]?.body ?? '')).toMatchObject({ kind: 'start', nodeId: 'second', message: null });
  });

  it('answers a turn: messages, variables, results, facts and its deadline', async () => {
    const file = { name: 'price.list.pdf', url: 'https://shop.example/p.pdf', contentType: 'application/pdf' };
    const turn = await ask(
      said,
      json({
        messages: [
          { body: 'Hi', keyboard: { buttons: ['Yes', 'No'] }, nodeId: 'greet' },
          { body: 'See', answers: ['ok'], attachments: [file], actions: [{ type: 'open', label: 'Open' }] },
        ],
        variables: { name: 'Ann', order: null },
        result: { reason: 'price' },
        facts: [{ context: 'orders', name: 'last', value: 1 }],
        deadline: 60,
      }),
      { order: 4711, left: { a: [1] } },
    );
    expect(turn).toMatchObject({
      state: { variables: { order: null, left: { a: [1] }, name: 'Ann' }, results: { reason: 'price' } },
      status: 'WAIT',
      messages: [
        {
          body: 'Hi',
          type: 'REGULAR',
          keyboard: {
            buttonsInRow: 2,
            buttons: [
              { type: 'text', text: 'Yes' },
              { type: 'text', text: 'No' },
            ],
          },
          nodeId: 'greet',
        },
        {
          body: 'See',
          answers: ['ok'],
          keyboard: null,
          attachments: [{ ...file, size: 0, baseName: 'price.list', extension: 'pdf', downloadLink: file.url }],
          actions: [{ type: 'open', label: 'Open' }],
          nodeId: '',
        },
      ],
      pause: null,
      deadline: 60_000,
      handOver: null,
      results: { reason: 'price' },
      facts: [{ context: 'orders', name: 'last', value: 1 }],
      path: ['greet'],
    });
  });

  it('ends with its last message, and hands over, to a group too', async () => {
    const two = [{ body: 'a' }, { body: 'b' }];
    expect(await ask(said, json({ status: 'STOP', messages: two, deadline: 5 }))).toMatchObject({
      status: 'STOP',
      deadline: null,
      messages: [{ type: 'REGULAR' }, { type: 'TERMINAL' }],
    });
    const groupId = crypto.randomUUID();
    expect(await ask(said, json({ handOver: { groupId, announcement: 'An order' } }))).toMatchObject({
      status: 'OPERATOR',
      handOver: { groupId, announcement: 'An order', fallback: true },
    });
    expect(await ask(said, json({ status: 'OPERATOR' }))).toMatchObject({
      status: 'OPERATOR',
      handOver: { groupId: null, announcement: null },
    });
  });

  it('leaves the client to people where nobody was there and it has nothing to say', async () => {
    const input = { kind: 'operatorNotFound' } as const;
    expect(await ask(input, json({}))).toMatchObject({ status: 'OPERATOR', handOver: { groupId: null } });
    expect(await ask(input, json({ messages: [{ body: 'Sorry' }] }))).toMatchObject({ status: 'WAIT', handOver: null });
  });

  it('may be written in PHP, where nothing is an empty list, and say what no database keeps', async () => {
    expect(await ask(said, json([]))).toMatchObject({ status: 'WAIT', messages: [] });
    expect(await ask(said, json({ variables: [], result: [] }))).toMatchObject({ status: 'WAIT' });
    expect(
      await ask(
        said,
        json({ messages: [{ body: 'a\0b\ud800' }], facts: [{ context: 'a\0', name: 'b', value: '\0' }] }),
      ),
    ).toMatchObject({ messages: [{ body: 'ab\ufffd' }], facts: [{ context: 'a', name: 'b', value: '' }] });
  });

  it('answers later with 202, and that answer is checked like any other', async () => {
    expect(await ask(said, json('', 202))).toBe('later');
    const asked = bot();
    expect(asked.answerTimeoutMs).toBe(60_000);
    const state = asked.begin({ clientMetadata: {}, variables: { a: 1 } });
    expect(asked.read(state, { messages: [{ body: 'Done' }], variables: { b: 2 } })).toMatchObject({
      state: { variables: { a: 1, b: 2 } },
      messages: [{ body: 'Done' }],
    });
    const fields = (answer: unknown): unknown => {
      try {
        asked.read(state, answer);
      } catch (error) {
        return error instanceof Failure ? [error.code, Object.keys(error.fields ?? {})] : error;
      }
      return undefined;
    };
    expect(fields({ messages: [{ body: 'x'.repeat(4097) }, {}] })).toEqual([
      'invalid-input',
      ['messages.0.body', 'messages.1.body'],
    ]);
    expect(fields({ status: 'DANCE' })).toEqual(['invalid-input', ['status']]);
    expect(fields(null)).toEqual(['invalid-input', ['']]);
    const long = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`v${index}`, 'x'.repeat(60_000)]));
    expect(fields({ variables: long })).toEqual(['data-too-large', []]);
  });

  it.each([
    ['a status that is no answer', json({}, 204), /it answered 204/],
    ['an error', json({}, 500), /it answered 500/],
    ['what is no JSON', (response) => void response.end('<html>'), /its answer was no JSON/],
    ['what does not fit', json({ messages: [{ text: 'Hi' }] }), /did not fit: messages\.0\.body is required/],
    ['a redirect', (response) => void response.writeHead(302, { location: url }).end(), /302/],
    ['too much', json({ body: 'x'.repeat(300_000) }), /bytes/],
    ['a broken connection', (response) => void response.destroy(), /failed/],
  ] satisfies [string, Answering, RegExp][])(
    'fails after three tries of %s, and says why',
    async (_, answer, reason) => {
      const failure = await ask(said, answer).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      expect((failure as Error).message).toMatch(
        /^The webhook of the bot "Helper" gave no answer of use in three tries/,
      );
      expect((failure as Error).message).toMatch(reason);
      expect(received).toHaveLength(3);
    },
  );

  it('fails where it is too slow', async () => {
    const failure = await ask(said, () => undefined).catch((error: unknown) => error);
    expect((failure as Error).message).toMatch(/3000 ms/);
    expect(received).toHaveLength(3);
  });

  it('is not asked in a private network', async () => {
    await using guarded = openOutgoing([]);
    await expect(ask(said, json({}), {}, bot(url, guarded))).rejects.toThrow(/private network/);
    expect(received).toHaveLength(0);
  });
});
