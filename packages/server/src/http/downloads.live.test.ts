import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { FileBytes, type Operation } from '@molva/contract';
import { Type } from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { done, route, streamed } from '../platform/route.ts';
import type { ByteRange } from '../platform/streams.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { settled, SOON, startTestServer, type TestServer } from '../testing/http-server.ts';
import { WAITS } from './waits.ts';

const MIB = 1024 * 1024;
const LARGE = 200 * MIB;

const download = {
  id: 'download',
  service: 'chats',
  method: 'GET',
  path: '/files/{name}',
  tag: 'Test',
  summary: 'Download',
  access: 'open',
  params: Type.Object({ name: Type.String() }),
  produces: 'application/octet-stream',
  answers: { 200: FileBytes },
} as const satisfies Operation;

const table = {
  ...download,
  id: 'table',
  path: '/table',
  params: Type.Object({}),
  produces: 'text/csv',
  answers: { 200: Type.String() },
} as const satisfies Operation;

const text = 'The quick brown fox jumps over the lazy dog';
const modified = Date.parse('2026-01-28T12:00:00.500Z');

/** What sources of this file were through. */
let asked: (ByteRange | undefined)[] = [];
let made = 0;
let left = 0;
beforeEach(() => {
  asked = [];
  made = 0;
  left = 0;
});

async function* rows(length: number): AsyncGenerator<string, void> {
  try {
    for (; made < length; made += 65_536) yield `${'x'.repeat(65_535)}\n`;
  } finally {
    left += 1;
  }
}

async function* pieces(...all: string[]): AsyncGenerator<string, void> {
  yield* all;
}

let waiting = 0;
const silence = (): Promise<never> => {
  waiting += 1;
  return new Promise(() => undefined);
};

/** Contents by name: how long they say to be, and what they are made of. */
const broken: Readonly<Record<string, [length: number, source: () => AsyncIterable<string>]>> = {
  short: [10, () => pieces('short')],
  long: [3, () => pieces('lo', 'nger')],
  none: [3, () => pieces()],
  silent: [3, () => ({ [Symbol.asyncIterator]: () => ({ next: silence }) })],
};

const clock = new FakeClock(Date.now());
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(
    [
      route(download, async ({ params }) => {
        const fault = broken[params.name];
        if (fault !== undefined) {
          const [length, source] = fault;
          const content = { type: 'text/plain', etag: '"x"', fileName: 'x', length, open: async () => source() };
          return { ...streamed(content), headers: { 'cache-control': 'private' } };
        }
        if (params.name === 'endless') {
          const open = async () => createReadStream('/dev/zero').on('close', () => (left += 1));
          return streamed({ type: 'application/zip', open });
        }
        if (params.name === 'stuck') {
          const open = async () => new Readable({ read: silence, destroy: () => (left += 1) });
          return streamed({ type: 'application/zip', open });
        }
        return {
          ...streamed({
            type: 'image/png',
            length: text.length,
            etag: '"fox"',
            lastModified: modified,
            fileName: 'a "лиса".png',
            async open(range) {
              asked.push(range);
              return pieces(range === undefined ? text : text.slice(range.first, range.last + 1));
            },
          }),
          headers: { 'cache-control': 'private' },
        };
      }),
      route(table, async () => streamed({ type: 'text/csv; charset=utf-8', open: async () => rows(LARGE) })),
    ],
    clock,
  );
});
afterAll(() => server[Symbol.asyncDispose]());

const get = async (headers: Record<string, string> = {}, method = 'GET') => {
  const answer = await fetch(`${server.url}/files/fox`, { method, headers });
  return { status: answer.status, header: (name: string) => answer.headers.get(name), body: await answer.text() };
};

describe('a file', () => {
  it('comes with its type, its length, its name and what names it', async () => {
    const { status, header, body } = await get({ origin: 'https://shop.example' });
    expect([status, body]).toEqual([200, text]);
    expect(
      Object.fromEntries(['content-type', 'content-length', 'etag', 'accept-ranges'].map((n) => [n, header(n)])),
    ).toEqual({
      'content-type': 'image/png',
      'content-length': String(text.length),
      etag: '"fox"',
      'accept-ranges': 'bytes',
    });
    expect(header('last-modified')).toBe('Wed, 28 Jan 2026 12:00:00 GMT');
    expect(header('cache-control')).toBe('private');
    expect(header('x-content-type-options')).toBe('nosniff');
    expect(header('content-disposition')).toBe(
      `attachment; filename="a _____.png"; filename*=UTF-8''a%20%22%D0%BB%D0%B8%D1%81%D0%B0%22.png`.replace(
        'a _____',
        'a ______',
      ),
    );
    expect(header('access-control-expose-headers')).toContain('content-range');
    expect(header('access-control-expose-headers')).toContain('x-request-id');
  });

  it('is answered to HEAD without being opened', async () => {
    const { status, header, body } = await get({ range: 'bytes=0-2' }, 'HEAD');
    expect([status, header('content-length'), header('etag'), body]).toEqual([200, String(text.length), '"fox"', '']);
    expect(asked).toEqual([]);
    expect(server.observed.at(-1)).toBe('download 200');
  });

  it('is read in part, from its source alone what is asked for', async () => {
    const { status, header, body } = await get({ range: 'bytes=4-8', 'if-range': '"fox"' });
    expect([status, header('content-length'), header('content-range'), body]).toEqual([
      206,
      '5',
      'bytes 4-8/43',
      'quick',
    ]);
    expect(asked).toEqual([{ first: 4, last: 8 }]);
    expect(server.observed.at(-1)).toBe('download 206');
    expect((await get({ range: 'bytes=-3' })).body).toBe('dog');
    expect((await get({ range: 'bytes=0-2', 'if-range': '"dog"' })).body).toBe(text);
    expect((await get({ range: 'bytes=0-2,4-6' })).status).toBe(200);
  });

  it('is not sent again to who has it', async () => {
    for (const headers of [{ 'if-none-match': '"fox"' }, { 'if-modified-since': 'Wed, 28 Jan 2026 12:00:00 GMT' }]) {
      const { status, header, body } = await get(headers as Record<string, string>);
      expect([status, header('etag'), header('cache-control'), header('content-length'), body]).toEqual([
        304,
        '"fox"',
        'private',
        null,
        '',
      ]);
    }
    expect(asked).toEqual([]);
    expect(server.observed.at(-1)).toBe('download 304');
  });

  it('has failures of the table for bytes it has not, and for conditions it does not meet', async () => {
    const beyond = await get({ range: 'bytes=43-' });
    expect([beyond.status, beyond.header('content-range'), beyond.header('x-error-code')]).toEqual([
      416,
      'bytes */43',
      'range-not-satisfiable',
    ]);
    expect(JSON.parse(beyond.body)).toEqual({ error: 'There are no such bytes', details: null });
    const changed = await get({ 'if-match': '"dog"' });
    expect([changed.status, changed.header('x-error-code'), changed.header('etag')]).toEqual([
      412,
      'precondition-failed',
      null,
    ]);
    const { status, headers } = await fetch(`${server.url}/files/fox`, { method: 'DELETE' });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

/** Begins to read and stops at once. */
async function slow(path: string, of = server): Promise<IncomingMessage> {
  const call = request(of.url + path);
  call.on('error', () => undefined);
  call.end();
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  answer.pause();
  return answer;
}

describe('an answer of 200 MB', () => {
  it('is made no faster than it is read', async () => {
    const answer = await slow('/table');
    // It is held long before the whole is made, by what a connection takes and little of our own.
    let most = 0;
    for await (const _ of answer) {
      most = Math.max(most, server.responses.at(-1)?.writableLength ?? Infinity);
      if (made >= LARGE) break;
    }
    expect(most).toBeLessThan(MIB);
  });

  it('is held back by who does not read, and ends with it', async () => {
    const answer = await slow('/table');
    const response = server.responses.at(-1) as ServerResponse;
    expect(await settled(() => made)).toBeLessThan(LARGE / 2);
    expect(response.writableLength).toBeLessThan(MIB);
    const closed = once(response, 'close');
    clock.advance(WAITS.answer);
    await closed;
    expect(answer.complete).toBe(false);
    await expect.poll(() => left, SOON).toBe(1);
  });

  it('comes whole to who takes its time', async () => {
    const answer = await slow('/table');
    let length = 0;
    for await (const chunk of answer) {
      length += (chunk as Buffer).length;
      if (length % (8 * MIB) < 65_536) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect([length, answer.complete, left]).toEqual([LARGE, true, 1]);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.headers['accept-ranges']).toBe('none');
  });

  it.each(['/table', '/files/endless'])('is let go by its source where the caller goes away (%s)', async (path) => {
    const answer = await slow(path);
    answer.destroy();
    await expect.poll(() => left, SOON).toBe(1);
  });
});

describe('a source', () => {
  it.each([
    ['fewer bytes than it said', 'short'],
    ['more bytes than it said', 'long'],
  ])('of %s breaks the connection, so that nobody takes it for the whole', async (_what, name) => {
    await expect(fetch(`${server.url}/files/${name}`).then((answer) => answer.text())).rejects.toThrow();
  });

  it('that fails before its first byte is answered as a fault, with nothing said of the file', async () => {
    const answer = await fetch(`${server.url}/files/none`);
    expect([answer.status, await answer.json()]).toEqual([500, { error: 'Server error', details: null }]);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    for (const name of ['etag', 'content-disposition', 'accept-ranges']) expect(answer.headers.get(name)).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('that says nothing is let go where the caller goes away', async () => {
    const before = waiting;
    const call = request(`${server.url}/files/stuck`);
    call.on('error', () => undefined).end();
    await expect.poll(() => waiting, SOON).toBe(before + 1);
    call.destroy();
    await expect.poll(() => left, SOON).toBe(1);
  });

  it('that says nothing ends with its connection', async () => {
    const before = waiting;
    const call = fetch(`${server.url}/files/silent`);
    call.catch(() => undefined);
    await expect.poll(() => waiting, SOON).toBe(before + 1);
    clock.advance(WAITS.answer);
    await expect(call).rejects.toThrow();
  });
});

describe('a stop', () => {
  const { produces: _produces, ...taken } = download;
  const take = { ...taken, id: 'take', method: 'PUT', answers: { 204: Type.Null() } } as const;
  const consumes = { type: 'application/octet-stream', limit: LARGE } as const;
  const start = (): Promise<TestServer> =>
    startTestServer([
      route(table, async () => streamed({ type: 'text/csv', open: async () => rows(16 * MIB) })),
      route({ ...take, consumes } as const, async (call) => {
        for await (const chunk of call.body) made += chunk.length;
        return done;
      }),
    ]);

  it('finishes what is under way', async () => {
    await using stopping = await start();
    const upload = request(`${stopping.url}/files/x`, { method: 'PUT' });
    upload.write('half');
    await expect.poll(() => made, SOON).toBe(4);
    made = 0;
    const answer = await slow('/table', stopping);
    const stopped = stopping.stop(20_000);
    upload.end('half');
    const [answered] = (await once(upload, 'response')) as [IncomingMessage];
    expect(answered.resume().statusCode).toBe(204);
    let length = 0;
    for await (const chunk of answer) length += (chunk as Buffer).length;
    expect([length, answer.complete]).toEqual([16 * MIB, true]);
    await stopped;
  });

  it('ends what does not finish', async () => {
    await using stopping = await start();
    await slow('/table', stopping);
    const upload = request(`${stopping.url}/files/x`, { method: 'PUT' });
    upload.write('half');
    const cut = once(upload, 'error');
    await expect.poll(() => stopping.responses.length, SOON).toBe(2);
    await stopping.stop(200);
    await expect.poll(() => stopping.responses.map(({ destroyed }) => destroyed), SOON).toEqual([true, true]);
    await cut;
    await expect.poll(() => [left, stopping.observed.at(-1)], SOON).toEqual([1, 'take 400']);
  });
});
