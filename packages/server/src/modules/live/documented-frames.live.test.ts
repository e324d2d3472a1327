import { asyncApiDocument, LIVE_PATH, WIDGET_NAMESPACE } from '@molva/contract';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

type Frame = Record<string, unknown> & {
  readonly rpc?: { readonly data: { readonly success?: boolean } };
  readonly push?: { readonly channel: string; readonly pub?: { readonly data: { readonly event: string } } };
};

let app: TestApp;
let socket: WebSocket;
const sent: [message: string, frame: object][] = [];
const received: Frame[] = [];
beforeAll(async () => {
  app = await startTestApp();
  const session = await app.start(await app.chat(echoBlocks));
  socket = new WebSocket(app.url.replace('http', 'ws') + LIVE_PATH);
  socket.on('message', (data) => {
    received.push(
      ...(data as Buffer)
        .toString()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Frame),
    );
  });
  await new Promise((opened) => socket.once('open', opened));
  const data = { application: 'widget', settings: { sessions: [session.id] } };
  const { id } = session;
  sent.push(['connect', { id: 1, connect: { data, name: 'js' } }]);
  sent.push(['joinSession', { id: 2, rpc: { method: 'joinSession', data: { id } } }]);
  sent.push(['typing', { id: 3, rpc: { method: 'typing', data: { id, draft: 'Whe' } } }]);
  const said = { id, body: 'by socket', clientMessageId: crypto.randomUUID() };
  sent.push(['sendMessage', { id: 4, rpc: { method: 'sendMessage', data: said } }]);
  sent.push(['joinSession', { id: 5, rpc: { method: 'joinSession', data: { id: 'nobody' } } }]);
  sent.push(['sendMessage', { id: 6, rpc: { method: 'sendMessage', data: { ...said, clientMessageId: '' } } }]);
  for (const [, frame] of sent) socket.send(JSON.stringify(frame));
  const answered = () => expect(received.map((frame) => frame['id'])).toContain(sent.length);
  await vi.waitFor(answered, { timeout: 20_000 });
  await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'hello' });
  await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'bye' });
});
afterAll(async () => {
  socket.close();
  await app[Symbol.asyncDispose]();
});

const ajv = (formats as unknown as (ajv: Ajv) => Ajv)(new Ajv({ strict: false, validateSchema: false }));
ajv.addSchema(asyncApiDocument('https://chat.example', '1'), 'document');

function faults(channel: string, message: string, payload: unknown): unknown {
  const check = ajv.getSchema(`document#/channels/${channel}/messages/${message}/payload`);
  if (check === undefined) return `${channel} has no message ${message}`;
  return check(payload) === true ? null : check.errors;
}

describe('a frame of the live protocol is as it is documented', () => {
  it('from the client', () => {
    for (const [message, frame] of sent.slice(0, 4))
      expect([message, faults('connection', message, frame)]).toEqual([message, null]);
    for (const [message, frame] of sent.slice(4)) expect(faults('connection', message, frame)).not.toBeNull();
  });

  it.each([
    ['connected', (frame: Frame) => 'connect' in frame],
    ['succeeded', (frame: Frame) => frame.rpc?.data.success === true],
    ['accepted', (frame: Frame) => frame.rpc !== undefined && frame.rpc.data.success === undefined],
    ['refused', (frame: Frame) => frame.rpc?.data.success === false],
    ['failed', (frame: Frame) => 'error' in frame],
  ])('from the server: %s', async (message, is) => {
    await expect.poll(() => received.filter(is)).not.toEqual([]);
    for (const frame of received.filter(is)) expect(faults('connection', message, frame)).toBeNull();
  });

  it('from the server: events', async () => {
    const events = () => received.flatMap(({ push }) => (push?.pub === undefined ? [] : [push.pub.data]));
    await expect.poll(() => events().length).toBeGreaterThan(2);
    for (const data of events())
      expect([data.event, faults(WIDGET_NAMESPACE, data.event, data)]).toEqual([data.event, null]);
  });
});
