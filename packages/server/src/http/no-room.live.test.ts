import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { operations } from '@molva/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Unsent } from '../platform/breaks.ts';
import { noRoom } from '../platform/failure.ts';
import { ok, route } from '../platform/route.ts';
import { startTestServer } from '../testing/http-server.ts';

const source = new URL('..', import.meta.url).href;
/** A server that answers a file, and on demand opens all that it may, and lets go of it. */
const program = `
  import { openSync, closeSync } from "node:fs";
  import { createInterface } from "node:readline";
  import { fileURLToPath } from "node:url";
  import { operations } from "@molva/contract";
  import { ok, route, streamed } from "${source}platform/route.ts";
  import { filesOf } from "${source}http/static-files.ts";
  import { startTestServer } from "${source}testing/http-server.ts";
  const [file] = await filesOf(fileURLToPath("${source}http/operations"));
  const server = await startTestServer([
    route(operations.getTimestamp, async () => streamed(await file.content())),
    route(operations.login, async () => ok({ token: "a", refreshToken: "b" })),
  ]);
  const held = [];
  const say = (words) => process.stdout.write(words + "\\n");
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "take") try { for (;;) held.push(openSync("/", "r")); } catch {}
    if (line === "give") for (const one of held.splice(0)) closeSync(one);
    say(line === "told" ? JSON.stringify(server.told) : "done");
  }).on("close", () => process.exit());
  say(String(server.port));
`;

/** One connection for all: another could not be taken where there is no descriptor left. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let port: number;
let tell: (line: string) => Promise<string>;
let end: () => Promise<unknown>;
beforeAll(async () => {
  const run = `ulimit -n 64; exec "${process.execPath}" --max-old-space-size=64 --conditions=source --input-type=module -e '${program}'`;
  const child = spawn('/bin/sh', ['-c', run], { cwd: import.meta.dirname, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  port = Number(await next());
  tell = (line) => (child.stdin.write(`${line}\n`), next());
  end = () => (child.stdin.end(), once(child, 'exit'));
});
afterAll(async () => {
  agent.destroy();
  await end();
});

function get(): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const asked = request({ agent, port, path: '/api/v1/timestamp' }, (response) => {
      const { statusCode, headers } = response;
      response.resume().once('end', () => resolve([statusCode, headers['x-error-code'], headers['retry-after']]));
    });
    asked.once('error', reject).end();
  });
}

it('a call that finds no file descriptor is told to come again, each kind of lack in one line, and it goes on', async () => {
  expect(await get()).toEqual([200, undefined, undefined]);
  // The file of the call before may still be let go of.
  const taken = async (): Promise<unknown[]> => (await tell('take'), get());
  for (let time = 0; time < 2; time++) await expect.poll(taken).toEqual([503, 'no-room', '2']);
  await tell('give');
  expect(await get()).toEqual([200, undefined, undefined]);
  expect(JSON.parse(await tell('told'))).toEqual(['descriptors-short', 'descriptors-short']);
});

it('a call that meets a bound of ours is told to come again, and whoever runs the server which bound it was', async () => {
  await using server = await startTestServer([
    route(operations.getTimestamp, () => Promise.reject(noRoom('bot-lane-full', { company: 1 }))),
    route(operations.login, () => Promise.reject(new Unsent('too many wait', 'database-crowded'))),
  ]);
  const body = JSON.stringify({ email: 'a', password: 'b' });
  const answers = [
    await fetch(`${server.url}/timestamp`),
    await fetch(`${server.url}/auth/login`, { method: 'POST', body }),
  ];
  for (const { status, headers } of answers) {
    expect([status, headers.get('x-error-code'), headers.get('retry-after')]).toEqual([503, 'no-room', '2']);
  }
  expect(server.told).toEqual(['bot-lane-full', 'database-crowded']);
});

it('bodies in pieces of a byte take as much memory as they say', async () => {
  const head = 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
  for (let body = 0; body < 6; body++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    const sent = new Promise((done) => socket.write(head + '1\r\n \r\n'.repeat(200 * 1024), done));
    await Promise.race([sent, once(socket, 'close')]);
  }
  expect(await get()).toEqual([200, undefined, undefined]);
});

it('a call that finds no room on a disk is told to come again, and what else it failed of is a fault of ours', async () => {
  const routes = [
    route(operations.getTimestamp, async () => {
      await writeFile('/dev/full', 'x').catch((cause: unknown) => {
        throw new Error('it could not be kept', { cause });
      });
      return ok({ timestamp: 0 as never });
    }),
    route(operations.login, async () => {
      await writeFile('/dev/null/none', 'x');
      return ok({ token: '', refreshToken: '' });
    }),
  ];
  await using server = await startTestServer(routes);
  const full = await fetch(`${server.url}/timestamp`);
  expect([full.status, full.headers.get('x-error-code'), full.headers.get('retry-after')]).toEqual([
    503,
    'no-room',
    '2',
  ]);
  expect(await full.json()).toEqual({ error: 'The server has no room for this now', details: null });
  expect(server.told).toEqual(['disk-full']);
  const body = JSON.stringify({ email: 'a', password: 'b' });
  expect((await fetch(`${server.url}/auth/login`, { method: 'POST', body })).status).toBe(500);
  expect(server.observed).toEqual(['getTimestamp 503', 'login 500']);
});
