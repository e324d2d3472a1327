import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, familyOf, percentile, residentBytes, startNode, stop } from './support/process.ts';
import { rawSqlRate } from './raw-sql.ts';
import { occurrences, openLive, openSocket } from './support/wire.ts';

const main = fileURLToPath(new URL('../packages/server/dist/main.js', import.meta.url));
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 6);

/** A bot that answers each message with one of its own: two messages and two events a commit. */
const scenario = {
  version: 1,
  language: 'en',
  start: 'start',
  blocks: {
    start: { type: 'start', next: 'echo' },
    echo: { type: 'question', text: 'You said {said}', variable: 'said', default: 'echo' },
  },
};

/** Figures of one load. */
export interface ExchangeFigures {
  readonly sessions: number;
  readonly exchangesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serverCpuMicros: number;
  readonly databaseCpuMicros: number;
  readonly rawSqlPerSecond: number;
  readonly shareOfRawSql: number;
}

/** Durable exchanges: a client's message in, the bot's answer committed and received on the socket. */
export async function exchangeBench(
  loads: readonly number[],
): Promise<{ idleMegabytes: number; loads: ExchangeFigures[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'molva-bench-'));
  await chmod(folder, 0o711);
  const environment = {
    MOLVA_DATA_DIR: join(folder, 'data'),
    MOLVA_PORT: '0',
    MOLVA_LOG_LEVEL: 'warn',
    MOLVA_ADMIN_PASSWORD: 'benchmark',
  };
  const { child, match } = await startNode([main], environment, /Chat and wire\s+http:\/\/127\.0\.0\.1:(\d+)/);
  const port = Number(match[1]);
  const pid = child.pid ?? 0;
  try {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const idle = familyOf(pid).reduce((sum, member) => sum + residentBytes(member), 0);
    const chatId = await makeChat(port);
    const figures: ExchangeFigures[] = [];
    await load(port, chatId, 32, 2, pid);
    for (const sessions of loads) {
      const raw = await rawSqlRate(join(folder, 'data', 'socket'), sessions, SECONDS);
      const measured = await load(port, chatId, sessions, SECONDS, pid);
      figures.push({ ...measured, rawSqlPerSecond: raw, shareOfRawSql: round(measured.exchangesPerSecond / raw, 3) });
      process.stderr.write(`${JSON.stringify(figures.at(-1))}\n`);
    }
    return { idleMegabytes: Math.round(idle / 1024 / 1024), loads: figures };
  } finally {
    await stop(child);
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeChat(port: number): Promise<string> {
  const call = async (path: string, body: unknown, token = ''): Promise<Record<string, string>> => {
    const headers = {
      'content-type': 'application/json',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    };
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return (await answer.json()) as Record<string, string>;
  };
  const { token = '' } = await call('/auth/login', { email: 'admin@localhost', password: 'benchmark' });
  const { id: botId } = await call('/bots', { name: 'Echo', scenario }, token);
  const { id = '' } = await call('/chats', { name: 'Echo', botId }, token);
  return id;
}

type Load = Omit<ExchangeFigures, 'rawSqlPerSecond' | 'shareOfRawSql'>;

/** Keeps so many sessions busy: each sends its next message when the answer to the last one is on its socket. */
async function load(port: number, chatId: string, sessions: number, seconds: number, pid: number): Promise<Load> {
  const latencies: number[] = [];
  let running = true;
  const clients = await Promise.all(Array.from({ length: sessions }, () => openClient(port, chatId)));
  const database = familyOf(pid).slice(1);
  const [server, others] = [cpuSeconds(pid), sum(database)];
  const began = performance.now();
  const loops = clients.map(async (client) => {
    while (running) {
      const sent = performance.now();
      await client.exchange();
      latencies.push(performance.now() - sent);
    }
  });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const elapsed = (performance.now() - began) / 1000;
  const done = latencies.length;
  const [serverUsed, databaseUsed] = [cpuSeconds(pid) - server, sum(familyOf(pid).slice(1)) - others];
  running = false;
  await Promise.all(loops);
  for (const client of clients) client.close();
  const sorted = latencies.slice(0, done).sort((a, b) => a - b);
  return {
    sessions,
    exchangesPerSecond: Math.round(done / elapsed),
    p50Ms: round(percentile(sorted, 0.5), 2),
    p99Ms: round(percentile(sorted, 0.99), 2),
    serverCpuMicros: Math.round((serverUsed / done) * 1e6),
    databaseCpuMicros: Math.round((databaseUsed / done) * 1e6),
  };
}

async function openClient(port: number, chatId: string) {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/chats/${chatId}/sessions`, { method: 'POST' });
  const { id } = (await answer.json()) as { id: string };
  const live = await openLive(port, '/centrifugo/connection/websocket', {
    application: 'widget',
    settings: { sessions: [id] },
  });
  const http = await openSocket(port);
  const body = JSON.stringify({ body: 'Hello, is anybody there?' });
  const request = `POST /api/v1/sessions/${id}/clients/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const answered = Buffer.from('"chatMessageCreated"');
  let waiting = 0;
  let resolve: () => void = () => undefined;
  const settle = (): void => {
    if (--waiting === 0) resolve();
  };
  live.on('data', (chunk: Buffer) => {
    if (occurrences(chunk, answered) > 0) settle();
  });
  http.on('data', settle);
  return {
    /** One exchange: done when both the call is answered and the bot's message is on the socket. */
    exchange: () =>
      new Promise<void>((done) => {
        waiting = 2;
        resolve = done;
        http.write(request);
      }),
    close(): void {
      live.destroy();
      http.destroy();
    },
  };
}

function sum(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + cpuSeconds(pid), 0);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
