import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FileBytes, type Operation } from '@molva/contract';
import { Type } from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../platform/failure.ts';
import { created, done, ok, route } from '../platform/route.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { settled, SOON, startTestServer, type TestServer } from '../testing/http-server.ts';
import { WAITS } from './waits.ts';

const MIB = 1024 * 1024;
const LARGE = 200 * MIB;

const putBytes = {
  id: 'putBytes',
  service: 'chats',
  method: 'PUT',
  path: '/bytes',
  tag: 'Test',
  summary: 'Count bytes',
  access: 'open',
  consumes: { type: 'application/octet-stream', limit: LARGE },
  answers: { 200: Type.Object({ length: Type.Integer() }) },
} as const satisfies Operation;

const putSmall = {
  ...putBytes,
  id: 'putSmall',
  path: '/small',
  access: 'user',
  consumes: { type: 'application/octet-stream', limit: MIB },
} as const satisfies Operation;

const postFiles = {
  ...putBytes,
  id: 'postFiles',
  method: 'POST',
  path: '/files',
  consumes: { type: 'multipart/form-data', limit: LARGE + MIB },
  body: Type.Object({ 'file[]': Type.Array(FileBytes), private: Type.Optional(Type.Boolean()) }),
  answers: { 201: Type.Object({ parts: Type.Array(Type.String()) }) },
} as const satisfies Operation;

const postFirst = { ...postFiles, id: 'postFirst', path: '/first' } as const satisfies Operation;

const postJson = {
  id: 'postJson',
  service: 'chats',
  method: 'POST',
  path: '/json',
  tag: 'Test',
  summary: 'Take JSON',
  access: 'open',
  body: Type.Object({}),
  answers: { 204: Type.Null() },
} as const satisfies Operation;

/** What handlers of this file were through. */
let taken = 0;
let ends: string[] = [];
/** Handlers of `putBytes` wait for it after their first bytes. */
let gate: Promise<void> = Promise.resolve();
beforeEach(() => {
  taken = 0;
  ends = [];
  gate = Promise.resolve();
});

const take = async (bytes: AsyncIterable<Uint8Array>): Promise<number> => {
  let length = 0;
  try {
    for await (const chunk of bytes) {
      length += chunk.length;
      taken += chunk.length;
      await gate;
    }
    return length;
  } catch (error) {
    ends.push(error instanceof Failure ? error.code : String(error));
    throw error;
  }
};

const clock = new FakeClock(Date.now());
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(
    [
      route(putBytes, async (call) => ok({ length: await take(call.body) })),
      route(putSmall, async (call) => ok({ length: await take(call.body) })),
      route(postFiles, async (call) => {
        const parts: string[] = [];
        for await (const part of call.body) {
          if (part.kind === 'file') parts.push(`${part.name} ${part.fileName} ${await take(part.bytes)}`);
          else parts.push(`${part.name} ${String(part.value)}`);
        }
        return created({ parts });
      }),
      route(postFirst, async (call) => {
        for await (const part of call.body) return created({ parts: [part.name] });
        return done;
      }),
      route(postJson, async () => done),
    ],
    clock,
  );
});
afterAll(() => server[Symbol.asyncDispose]());

/** A connection that is written to by hand. */
async function open(): Promise<{ socket: Socket; received: () => string; closed: Promise<unknown> }> {
  const socket = connect(server.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').catch(() => undefined);
  await once(socket, 'connect');
  return { socket, received: () => text, closed };
}

const head = (path: string, headers: Record<string, string | number>, method = 'PUT'): string =>
  [
    `${method} /api/v1${path} HTTP/1.1`,
    'Host: x',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

const chunk = Buffer.alloc(64 * 1024, 'x');

/** Writes as fast as it is taken; counts what was handed over. */
function pour(socket: Socket, length: number): { handed: () => number; whole: Promise<void> } {
  let handed = 0;
  const whole = (async () => {
    while (handed < length && !socket.destroyed) {
      const piece = chunk.subarray(0, Math.min(chunk.length, length - handed));
      await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
      handed += piece.length;
    }
  })();
  return { handed: () => handed, whole };
}

describe.each([
  ['bytes', '/bytes', 'PUT', '', '', { 'content-type': 'application/octet-stream' }],
  [
    'a form',
    '/files',
    'POST',
    '--XX\r\nContent-Disposition: form-data; name="file[]"; filename="a"\r\n\r\n',
    '\r\n--XX\r\nContent-Disposition: form-data; name="private"\r\n\r\n1\r\n--XX--\r\n',
    { 'content-type': 'multipart/form-data; boundary=XX' },
  ],
])('a body of 200 MB as %s', (_name, path, method, before, after, headers) => {
  it('waits at the caller while nobody reads it, and is never held', async () => {
    const held = Promise.withResolvers<void>();
    gate = held.promise;
    const { socket, received } = await open();
    const length = before.length + LARGE + after.length;
    socket.write(head(path, { ...headers, 'content-length': length }, method) + before);
    const body = pour(socket, LARGE);
    await expect.poll(() => taken, SOON).toBeGreaterThan(0);
    expect(await settled(body.handed)).toBeLessThan(LARGE / 2);
    const incoming = server.responses.at(-1)?.req.socket;
    const ahead = (): number => (incoming?.bytesRead ?? Infinity) - taken;
    expect(ahead()).toBeLessThan(MIB);

    // Read on: at no moment is more held than what is on its way.
    let most = 0;
    held.resolve();
    const watching = setInterval(() => (most = Math.max(most, ahead())), 1);
    await body.whole;
    socket.write(after);
    await expect.poll(received, SOON).toContain('\r\n\r\n{');
    clearInterval(watching);
    expect(most).toBeLessThan(MIB);
    expect(taken).toBe(LARGE);
    expect(received()).toContain(path === '/bytes' ? `{"length":${LARGE}}` : `["file[] a ${LARGE}","private true"]`);
    socket.destroy();
  });
});

it('a form of a real client comes with its files and fields in order', async () => {
  const form = new FormData();
  form.append('file[]', new Blob(['first']), 'one.txt');
  form.append('file[]', new Blob(['second one']), 'two.txt');
  form.append('private', 'true');
  const answer = await fetch(`${server.url}/files`, { method: 'POST', body: form });
  expect([answer.status, await answer.json()]).toEqual([
    201,
    { parts: ['file[] one.txt 5', 'file[] two.txt 10', 'private true'] },
  ]);
});

describe('a body above the limit', () => {
  const bearer = { authorization: 'Bearer x' };
  it('is refused before it is read where it says so, and the connection is as good as before', async () => {
    const { socket, received, closed } = await open();
    socket.write(head('/small', { ...bearer, 'content-length': 3 * MIB }));
    await pour(socket, 3 * MIB).whole;
    await expect.poll(received, SOON).toContain('body-too-large');
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(received()).toContain('{"error":"The body is too large","details":null}');
    socket.write(`${head('/small', { ...bearer, 'content-length': 2 })}ok`);
    await expect.poll(received, SOON).toContain('{"length":2}');
    expect(taken).toBe(2);
    socket.destroy();
    await closed;
  });

  const piece = Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]);

  it('is refused where it turns out to be, and the connection is as good as before', async () => {
    const { socket, received } = await open();
    socket.write(head('/small', { ...bearer, 'transfer-encoding': 'chunked' }));
    for (let sent = 0; sent < 4 * MIB; sent += chunk.length) socket.write(piece);
    socket.write(`0\r\n\r\n${head('/small', { ...bearer, 'content-length': 2 })}ok`);
    await expect.poll(received, SOON).toContain('{"length":2}');
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(ends).toEqual(['body-too-large']);
    socket.destroy();
  });

  it('is refused where it turns out to be, and what goes on for ever is ended', async () => {
    const { socket, received, closed } = await open();
    socket.write(head('/small', { ...bearer, 'transfer-encoding': 'chunked' }));
    const pouring = setInterval(() => socket.write(piece), 1);
    await expect.poll(received, SOON).toContain('body-too-large');
    clock.advance(WAITS.rest);
    await closed;
    clearInterval(pouring);
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(received()).toContain('x-error-code: body-too-large');
    expect(ends).toEqual(['body-too-large']);
    expect(taken).toBeLessThanOrEqual(MIB);
    expect(server.observed.at(-1)).toBe('putSmall 413');
  });
});

it('who may not call is told so before its body is read', async () => {
  const { socket, received } = await open();
  socket.write(head('/small', { 'content-length': MIB }));
  await expect.poll(received, SOON).toMatch(/^HTTP\/1\.1 401 /);
  await pour(socket, MIB).whole;
  socket.write(`${head('/bytes', { 'content-length': 2 })}ok`);
  await expect.poll(received, SOON).toContain('{"length":2}');
  expect(taken).toBe(2);
  // It came whole, and the connection is as good as any.
  clock.advance(WAITS.rest);
  socket.write(`${head('/bytes', { 'content-length': 3 })}yes`);
  await expect.poll(received, SOON).toContain('{"length":3}');
  socket.destroy();
});

it('a handler that has enough is answered for while its body still comes, and the rest is thrown away', async () => {
  const { socket, received } = await open();
  const type = { 'content-type': 'multipart/form-data; boundary=XX' };
  const part = '--XX\r\nContent-Disposition: form-data; name="private"\r\n\r\n1\r\n--XX\r\n';
  socket.write(head('/first', { ...type, 'content-length': part.length + MIB }, 'POST') + part);
  await expect.poll(received, SOON).toContain('{"parts":["private"]}');
  await pour(socket, MIB).whole;
  socket.write(`${head('/bytes', { 'content-length': 2 })}ok`);
  await expect.poll(received, SOON).toContain('{"length":2}');
  socket.destroy();
});

it('a body of another type is refused, and bytes need not be called so', async () => {
  const put = async (path: string, method: string, headers: Record<string, string>) => {
    const { status, headers: answered } = await fetch(server.url + path, { method, headers, body: Buffer.from('{}') });
    return [status, answered.get('x-error-code')];
  };
  expect(await put('/bytes', 'PUT', { 'content-type': 'application/json' })).toEqual([415, 'media-type-unsupported']);
  expect(await put('/files', 'POST', {})).toEqual([415, 'media-type-unsupported']);
  expect(await put('/files', 'POST', { 'content-type': 'multipart/form-data' })).toEqual([400, 'malformed-form']);
  expect(await put('/bytes', 'PUT', {})).toEqual([200, null]);
  const empty = await fetch(`${server.url}/bytes`, { method: 'PUT' });
  expect([empty.status, await empty.json()]).toEqual([200, { length: 0 }]);
});

it.each([
  ['bytes', '/bytes', 'PUT', {}, ''],
  [
    'a file of a form',
    '/files',
    'POST',
    { 'content-type': 'multipart/form-data; boundary=XX' },
    '--XX\r\nContent-Disposition: form-data; name="file[]"; filename="a"\r\n\r\n',
  ],
])('a caller that goes away ends the reading of %s with a failure', async (_name, path, method, headers, before) => {
  const others = server.connections();
  const { socket, closed } = await open();
  socket.write(head(path, { ...headers, 'content-length': 10 * MIB }, method) + before);
  socket.write(chunk);
  await expect.poll(() => taken, SOON).toBeGreaterThan(0);
  const response = server.responses.at(-1);
  socket.destroy();
  await closed;
  await expect.poll(() => ends, SOON).toEqual(['body-incomplete']);
  await expect.poll(() => server.connections(), SOON).toBeLessThanOrEqual(others);
  expect([response?.req.destroyed, response?.destroyed]).toEqual([true, true]);
  expect(server.observed.at(-1)).toMatch(/ 400$/);
});

it.each([
  ['bytes', '/bytes', 'PUT', {}, 'some'],
  ['JSON', '/json', 'POST', { 'content-type': 'application/json' }, '{"a"'],
  [
    'a form',
    '/files',
    'POST',
    { 'content-type': 'multipart/form-data; boundary=XX' },
    '--XX\r\nContent-Disposition: form-data; name="file[]"; filename="a"\r\n\r\n',
  ],
])(
  '%s that stop to come are answered 408, and the connection is closed',
  async (_name, path, method, headers, some) => {
    const { socket, received, closed } = await open();
    const before = server.responses.length;
    socket.write(head(path, { ...headers, 'content-length': 1000 }, method) + some);
    await expect.poll(() => server.responses.length, SOON).toBe(before + 1);
    // By then the server waits for what does not come.
    await settled(() => taken);
    clock.advance(WAITS.json);
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 408 /);
    expect(received()).toContain('x-error-code: request-late');
    expect(received().toLowerCase()).toContain('connection: close');
  },
);

it('a handler that waits for something else does not make its caller late', async () => {
  const held = Promise.withResolvers<void>();
  gate = held.promise;
  const { socket, received } = await open();
  socket.write(`${head('/bytes', { 'content-length': 4 })}some`);
  await expect.poll(() => taken, SOON).toBe(4);
  clock.advance(10 * WAITS.body);
  held.resolve();
  await expect.poll(received, SOON).toContain('{"length":4}');
  socket.destroy();
});
