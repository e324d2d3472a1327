import { once } from 'node:events';
import { Attachment, exampleOf, LIVE_PATH, type ListPage, type Message, type SessionStarted } from '@molva/contract';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { badField } from '../../platform/failure.ts';
import { SkippingClock } from '../../testing/skipping-clock.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

const clock = new SkippingClock();
const fileId = crypto.randomUUID();
let app: TestApp;
let chatId: string;
const clients: { disconnect(): void }[] = [];
beforeAll(async () => {
  app = await startTestApp({
    clock,
    limits: { user: 0, open: 1_000, starts: 0 },
    // One file there is, which holders uploaded.
    files: async (ids, { uploader }, field) => {
      if (ids.some((id) => id !== fileId) || uploader.kind !== 'holder') throw badField(field, 'there is no such file');
      return ids.map((id) => ({ ...(exampleOf(Attachment) as Attachment), id }));
    },
  });
  chatId = await app.chat(echoBlocks);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(() => app[Symbol.asyncDispose]());

const url = (): string => app.url.replace('http', 'ws') + LIVE_PATH;
const fresh = (body = 'hi') => ({ body, clientMessageId: crypto.randomUUID() });
const post = (id: string, body: object, headers: Record<string, string> = {}) =>
  app.call('POST', `/sessions/${id}/clients/messages`, body, headers);
const saidIn = async (id: string): Promise<Message[]> =>
  (await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages?limit=100`, undefined, app.admin)).body.items;
const bodiesOf = async (id: string) => (await saidIn(id)).map(({ body }) => body);

interface Connected {
  rpc(method: string, data: object): Promise<Record<string, unknown>>;
  /** Bodies of the messages that were heard. */
  readonly heard: unknown[];
}

/** Connects an official client to sessions, in one of the two forms of the protocol. */
async function connect(
  sessions: readonly SessionStarted[],
  settings: object = {},
  Client: typeof Centrifuge | typeof ProtobufCentrifuge = Centrifuge,
): Promise<Connected> {
  const isBinary = Client === ProtobufCentrifuge;
  const encode = (value: unknown): unknown => (isBinary ? new TextEncoder().encode(JSON.stringify(value)) : value);
  const decode = (data: unknown): Record<string, unknown> =>
    (isBinary ? JSON.parse(new TextDecoder().decode(data as Uint8Array)) : data) as Record<string, unknown>;
  const data = { application: 'widget', settings: { sessions: sessions.map(({ id }) => id), ...settings } };
  const client = new Client(url(), { websocket: WebSocket, data: encode(data) });
  clients.push(client);
  const heard: unknown[] = [];
  client.on('publication', (context: PublicationContext) => {
    const { body } = decode(context.data)['data'] as { body?: string };
    if (body !== undefined) heard.push(body);
  });
  client.connect();
  await client.ready(30_000);
  return { heard, rpc: async (method, value) => decode((await client.rpc(method, encode(value))).data) };
}

describe.each([
  ['JSON', Centrifuge],
  ['Protobuf', ProtobufCentrifuge],
])('a message by socket over %s', (_name, Client) => {
  it('is answered as by POST, and the bot’s answer comes over the same socket', async () => {
    const session = await app.start(chatId);
    const { rpc, heard } = await connect([session], {}, Client);
    const answer = await rpc('sendMessage', { id: session.id, ...fresh(), attachments: [fileId] });
    const { body } = await post(session.id, fresh('by POST'));
    expect(Object.keys(answer)).toEqual(Object.keys(body));
    expect([answer['seq'], answer['eventSeq'], body['seq'], body['eventSeq']]).toEqual([2, 2, 5, 5]);
    await expect.poll(() => heard).toEqual(['You said hi', 'More?', 'You said by POST', 'More?']);
    const mine = (await saidIn(session.id)).find(({ id }) => id === answer['id']);
    expect(mine).toMatchObject({ authorType: 'CLIENT', body: 'hi', attachments: [{ id: fileId }] });
  });

  it('is not done where a POST is not, for the same reason, and nothing is written', async () => {
    const session = await app.start(chatId);
    const { rpc } = await connect([session], {}, Client);
    for (const wrong of [
      fresh(''),
      fresh('x'.repeat(4097)),
      { ...fresh(), body: null },
      { ...fresh(), clientMessageId: 'no id' },
      { ...fresh(), replyToMessageId: crypto.randomUUID() },
      { ...fresh(), attachments: [crypto.randomUUID()] },
      { ...fresh(), attachments: Array.from({ length: 11 }, () => fileId) },
    ]) {
      const { status, headers } = await post(session.id, wrong);
      const code = headers.get('x-error-code');
      expect([wrong, status]).toEqual([wrong, 400]);
      expect(await rpc('sendMessage', { id: session.id, ...wrong })).toEqual({ success: false, code });
    }
    // Who cannot tell a repeat from another message would say it twice.
    const unnamed = await rpc('sendMessage', { id: session.id, body: 'hi' });
    expect(unnamed).toEqual({ success: false, code: 'invalid-input' });
    expect(await bodiesOf(session.id)).toEqual(['Say something']);
  });
});

it('the same key is one message, by whichever way and connection it comes, at once and after the end', async () => {
  const session = await app.start(chatId);
  const { id } = session;
  const [one, other] = [await connect([session]), await connect([session])];
  const said = fresh('once');
  const answers = await Promise.all([
    one.rpc('sendMessage', { id, ...said }),
    other.rpc('sendMessage', { id: id.toUpperCase(), ...said }),
    post(id, said).then(({ body }) => body),
    post(id, { body: 'once' }, { 'idempotency-key': said.clientMessageId }).then(({ body }) => body),
  ]);
  const [first] = answers;
  expect(answers).toEqual(answers.map(() => first));
  const byPost = fresh('by POST first');
  const { body } = await post(id, byPost);
  expect(await one.rpc('sendMessage', { id, ...byPost })).toEqual(body);
  await one.rpc('sendMessage', { id, ...fresh('bye') });
  expect(await one.rpc('sendMessage', { id, ...fresh() })).toEqual({ success: false, code: 'session-closed' });
  expect(await one.rpc('sendMessage', { id, ...said })).toEqual(first);
  const replay = await post(id, said);
  expect([replay.status, replay.headers.get('idempotent-replay'), replay.body]).toEqual([200, 'true', first]);
  const mine = (await saidIn(id)).filter(({ authorType }) => authorType === 'CLIENT');
  expect(mine.map((message) => message.body).toSorted()).toEqual(['by POST first', 'bye', 'once']);
});

it('messages of a connection are answered and committed in the order in which they are sent', async () => {
  const session = await app.start(chatId);
  const { rpc } = await connect([session]);
  const answered: unknown[] = [];
  const bodies = Array.from({ length: 12 }, (_, index) => `message ${index}`);
  await Promise.all(
    bodies.map(async (body) => {
      answered.push((await rpc('sendMessage', { id: session.id, ...fresh(body) }))['seq']);
    }),
  );
  expect(answered).toEqual(bodies.map((_, index) => 2 + 3 * index));
  const mine = (await saidIn(session.id)).filter(({ authorType }) => authorType === 'CLIENT');
  expect(mine.toSorted((a, b) => a.seq - b.seq).map(({ body }) => body)).toEqual(bodies);
});

it('a connection that is cut before its answer: the repeat over another one is the same message', async () => {
  const session = await app.start(chatId);
  const said = fresh('cut off');
  const raw = new WebSocket(url());
  await once(raw, 'open');
  raw.send(JSON.stringify({ id: 1, connect: { data: { application: 'widget', settings: { sessions: [] } } } }));
  await once(raw, 'message');
  // Its answer is on the way when the connection breaks.
  raw.pause();
  raw.send(JSON.stringify({ id: 2, rpc: { method: 'sendMessage', data: { id: session.id, ...said } } }));
  await expect.poll(() => bodiesOf(session.id)).toContain('cut off');
  raw.terminate();
  const [sent] = (await saidIn(session.id)).filter(({ authorType }) => authorType === 'CLIENT');
  const again = await connect([session]);
  const { id, seq } = await again.rpc('sendMessage', { id: session.id, ...said });
  expect([id, seq]).toEqual([sent?.id, sent?.seq]);
  expect((await saidIn(session.id)).filter(({ body }) => body === 'cut off')).toHaveLength(1);
});

it('who writes before anybody joined hears the first words before the answer', async () => {
  const session = await app.start(chatId, { returnAnswerAsync: true });
  const { rpc, heard } = await connect([session], { echo: true });
  expect(await rpc('sendMessage', { id: session.id, ...fresh() })).toMatchObject({ seq: 2 });
  await expect.poll(() => heard).toEqual(['Say something', 'hi', 'You said hi', 'More?']);
});

it('a session that ended long ago is answered as by POST, with and without a proof', async () => {
  const guarded = await app.chat(echoBlocks, { identityVerification: 'optional' });
  for (const chat of [chatId, guarded]) {
    const session = await app.start(chat);
    const { id, sessionToken = '' } = session;
    const { rpc } = await connect([session], { sessionTokens: { [id]: sessionToken } });
    const said = fresh('in time');
    const first = await rpc('sendMessage', { id, ...said });
    expect(first).toHaveProperty('seq');
    await app.call('DELETE', `/sessions/${id}`, {}, app.admin);
    clock.skip(25 * 3_600_000);
    const as = { authorization: `Bearer ${sessionToken}` };
    for (const body of [said, fresh('late')]) {
      const byPost = await post(id, body, as);
      const code = byPost.headers.get('x-error-code');
      const wanted = code === null ? byPost.body : { success: false, code };
      expect(await rpc('sendMessage', { id, ...body })).toEqual(wanted);
    }
    expect(await bodiesOf(id)).not.toContain('late');
  }
});

it('one who asks too much is told to wait; others behind the same address go on', async () => {
  const [mine, others] = [await app.start(chatId), await app.start(chatId)];
  // Calls are counted by the minute, which is a new one.
  clock.skip(60_000 - (clock.now() % 60_000));
  const [greedy, modest] = [await connect([mine]), await connect([others])];
  const typed = await Promise.all(Array.from({ length: 130 }, () => greedy.rpc('typing', { id: mine.id })));
  expect(typed.filter(({ success }) => success === true)).toHaveLength(120);
  const refused = { success: false, code: 'too-many-requests', retryAfter: expect.any(Number) as unknown };
  expect(await greedy.rpc('sendMessage', { id: mine.id, ...fresh() })).toEqual(refused);
  expect(await (await connect([mine])).rpc('sendMessage', { id: mine.id, ...fresh() })).toEqual(refused);
  expect(await modest.rpc('sendMessage', { id: others.id, ...fresh() })).toHaveProperty('seq');
  expect((await post(mine.id, fresh())).status).toBe(201);
  clock.skip(60_000);
  expect(await greedy.rpc('sendMessage', { id: mine.id, ...fresh() })).toHaveProperty('seq');
  const figures = await app.metrics();
  for (const line of [
    /^molva_live_calls_total\{method="sendMessage",status="200"\} \d+$/m,
    /^molva_live_calls_total\{method="sendMessage",status="429"\} 2$/m,
    /^molva_live_calls_total\{method="typing",status="429"\} 10$/m,
    /^molva_live_call_seconds_count\{method="sendMessage"\} \d+$/m,
  ]) {
    expect(figures).toMatch(line);
  }
});
