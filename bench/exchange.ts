import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { emptyFolder, openBenchDatabase } from './support/folders.ts';
import { startMolva, type BenchedMolva } from './support/molva.ts';
import { familyOf, percentile, residentBytes, watchCpu } from './support/process.ts';
import { rawSqlRate } from './raw-sql.ts';
import { occurrences, openLive, openSocket } from './support/wire.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 6);
/** Turns of an empty and a full database. */
const ROUNDS = 3;
/** A connection of the server tells what it wrote after at most so long. */
const TELLING_MS = 11_000;

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
  await using folder = await emptyFolder();
  await using molva = await startMolva(folder.dataFolder);
  await sleep(3000);
  const idle = familyOf(molva.pid).reduce((sum, member) => sum + residentBytes(member), 0);
  const chatId = await molva.echoChat();
  const figures: ExchangeFigures[] = [];
  await load(molva, chatId, 32, 2);
  for (const sessions of loads) {
    const raw = await rawSqlRate(molva.database, sessions, SECONDS);
    const measured = await load(molva, chatId, sessions, SECONDS);
    figures.push({ ...measured, rawSqlPerSecond: raw, shareOfRawSql: round(measured.exchangesPerSecond / raw, 3) });
    process.stderr.write(`${JSON.stringify(figures.at(-1))}\n`);
  }
  return { idleMegabytes: Math.round(idle / 1024 / 1024), loads: figures };
}

/** The same load on an empty database and on a full one. */
export interface BesideFigures {
  readonly sessions: number;
  readonly empty: Load;
  readonly full: Load;
  /** Exchanges a second on the full one, of those on the empty one. */
  readonly ratio: number;
}

/** The exchange on a full database beside an empty one, in turns; and how many updates of sessions touched no index. */
export async function exchangeBesideBench(
  loads: readonly number[],
  dataFolder: string,
): Promise<{ loads: BesideFigures[]; updatesWithoutIndex: number }> {
  await using folder = await emptyFolder();
  await using empty = await startMolva(folder.dataFolder);
  await using full = await startMolva(dataFolder);
  const database = await openBenchDatabase(full.database);
  const chats = new Map([
    [empty, await empty.echoChat()],
    [full, await full.echoChat()],
  ]);
  const one = (molva: BenchedMolva, sessions: number, seconds: number): Promise<Load> =>
    load(molva, chats.get(molva) ?? '', sessions, seconds);
  for (const molva of [empty, full]) await one(molva, 32, 2);
  const before = await updatesOf(database);
  const figures: BesideFigures[] = [];
  for (const sessions of loads) {
    const rounds: [Load, Load][] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push([await one(empty, sessions, SECONDS), await one(full, sessions, SECONDS)]);
    }
    const [ofEmpty, ofFull] = [middle(rounds.map(([first]) => first)), middle(rounds.map(([, second]) => second))];
    const ratio = round(ofFull.exchangesPerSecond / ofEmpty.exchangesPerSecond, 3);
    figures.push({ sessions, empty: ofEmpty, full: ofFull, ratio });
    process.stderr.write(`${JSON.stringify(figures.at(-1))}\n`);
  }
  await sleep(TELLING_MS);
  const after = await updatesOf(database);
  await database.end();
  const share = (after.hot - before.hot) / (after.all - before.all);
  return { loads: figures, updatesWithoutIndex: round(share, 4) };
}

/** The round with the middle rate. */
function middle(rounds: readonly Load[]): Load {
  const sorted = rounds.toSorted((a, b) => a.exchangesPerSecond - b.exchangesPerSecond);
  return sorted[Math.floor(sorted.length / 2)] as Load;
}

async function updatesOf(database: pg.Client): Promise<{ all: number; hot: number }> {
  const { rows } = await database.query<{ all: string; hot: string }>(
    `select n_tup_upd as all, n_tup_hot_upd as hot from pg_stat_user_tables where relname = 'sessions'`,
  );
  return { all: Number(rows[0]?.all), hot: Number(rows[0]?.hot) };
}

type Load = Omit<ExchangeFigures, 'rawSqlPerSecond' | 'shareOfRawSql'>;

/** Keeps so many sessions busy: each sends its next message when the answer to the last one is on its socket. */
async function load({ port, pid }: BenchedMolva, chatId: string, sessions: number, seconds: number): Promise<Load> {
  const latencies: number[] = [];
  let running = true;
  const clients = await Promise.all(Array.from({ length: sessions }, () => openClient(port, chatId)));
  const [serverUses, databaseUses] = [watchCpu(() => [pid]), watchCpu(() => familyOf(pid).slice(1))];
  const began = performance.now();
  const loops = clients.map(async (client) => {
    while (running) {
      const sent = performance.now();
      await client.exchange();
      latencies.push(performance.now() - sent);
    }
  });
  await sleep(seconds * 1000);
  const elapsed = (performance.now() - began) / 1000;
  const done = latencies.length;
  const [serverUsed, databaseUsed] = [serverUses(), databaseUses()];
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

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
