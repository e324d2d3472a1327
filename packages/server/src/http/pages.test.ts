import { mkdtemp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addPages } from './pages.ts';

const page = '<!doctype html><title>Molva</title>';
const large = 'alert(1);'.repeat(1000);
let folder: string;
let server: FastifyInstance;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pages-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), page);
  await writeFile(join(folder, 'docs.html'), `${page}docs`);
  await writeFile(join(folder, 'assets', 'main.js'), 'alert(1)');
  await writeFile(join(folder, 'assets', 'large.js'), large);
  server = fastify({ exposeHeadRoutes: false });
  await addPages(server, { demoChats: async () => [] }, folder);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

it.each([
  ['/', 'text/html; charset=utf-8', page],
  ['/index.html', 'text/html; charset=utf-8', page],
  ['/docs', 'text/html; charset=utf-8', `${page}docs`],
  ['/docs?live', 'text/html; charset=utf-8', `${page}docs`],
  ['/assets/main.js', 'text/javascript; charset=utf-8', 'alert(1)'],
])('%s is what was built, with its type and its rules', async (url, type, body) => {
  const answer = await server.inject(url);
  expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([200, type, body]);
  expect(answer.headers['content-length']).toBe(String(body.length));
  const policy = String(answer.headers['content-security-policy']);
  expect(policy).toContain("default-src 'self'");
  expect(policy).toContain("trusted-types 'none'");
  expect(policy).not.toContain('unsafe');
  expect(answer.headers['cache-control']).toBe('public, max-age=0');
  const head = await server.inject({ method: 'HEAD', url });
  expect([head.statusCode, head.body, head.headers['etag']]).toEqual([200, '', answer.headers['etag']]);
});

it.each([
  ['molva.example:8443', "'self' ws://molva.example:8443 wss://molva.example:8443"],
  ['[::1]:8080', "'self' ws://[::1]:8080 wss://[::1]:8080"],
  ["x; script-src 'unsafe-inline'", "'self' 'self'"],
])('a page opened under %s speaks to that name alone, and sends no form anywhere', async (host, sources) => {
  const { headers } = await server.inject({ url: '/', headers: { host } });
  const policy = String(headers['content-security-policy']).split(';');
  expect(policy).toContain(`connect-src ${sources}`);
  expect(policy).toContain("form-action 'none'");
  expect(policy).toContain("default-src 'self'");
  expect(policy).toHaveLength(9);
});

it('a page is not sent again to who has it, and in part to who asks for a part', async () => {
  const { headers } = await server.inject('/');
  const { mtime } = await stat(join(folder, 'index.html'));
  expect(headers['last-modified']).toBe(mtime.toUTCString());
  for (const condition of [
    { 'if-none-match': String(headers['etag']) },
    { 'if-modified-since': String(headers['last-modified']) },
  ]) {
    const { statusCode, body } = await server.inject({ url: '/', headers: condition });
    expect([statusCode, body]).toEqual([304, '']);
  }
  const part = await server.inject({ url: '/', headers: { range: 'bytes=0-8' } });
  expect([part.statusCode, part.body]).toEqual([206, '<!doctype']);
});

it('a page is packed for who takes that, under a tag of its own, and as it is for the others', async () => {
  const packed = await server.inject({ url: '/assets/large.js', headers: { 'accept-encoding': 'br, gzip' } });
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  expect(gunzipSync(packed.rawPayload).toString()).toBe(large);
  expect(packed.headers['content-length']).toBe(String(packed.rawPayload.length));
  const { etag } = packed.headers;
  const again = await server.inject({
    url: '/assets/large.js',
    headers: { 'accept-encoding': 'gzip', 'if-none-match': String(etag) },
  });
  expect([again.statusCode, again.body]).toEqual([304, '']);
  for (const encoding of [undefined, 'identity', 'gzip;q=0']) {
    const headers = encoding === undefined ? {} : { 'accept-encoding': encoding };
    const plain = await server.inject({ url: '/assets/large.js', headers });
    expect([plain.body, plain.headers['content-encoding'], plain.headers['etag'] === etag]).toEqual([
      large,
      undefined,
      false,
    ]);
  }
  await writeFile(join(folder, 'assets', 'large.js'), `${large} again`);
  const changed = await server.inject({ url: '/assets/large.js', headers: { 'accept-encoding': 'gzip' } });
  expect(gunzipSync(changed.rawPayload).toString()).toBe(`${large} again`);
});

it('there is nothing beside what was built', async () => {
  for (const url of ['/main.js', '/assets', '/assets/../index.htm', '/assets/%2e%2e/%2e%2e/etc/passwd']) {
    expect((await server.inject(url)).statusCode).toBe(404);
  }
  await using bare = fastify();
  await addPages(bare, { demoChats: async () => [] }, join(folder, 'not built'));
  expect((await bare.inject('/')).statusCode).toBe(404);
  expect((await bare.inject('/demo.json')).json()).toEqual({ chats: [] });
});
