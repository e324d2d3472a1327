import { setTimeout as sleep } from 'node:timers/promises';
import type { ListPage, LoggedEvent } from '@molva/contract';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import pg from 'pg';
import { expect, it } from 'vitest';
import { ExternalDatabase } from '../packages/server/src/testing/external-database.ts';
import { echoChat } from './support/echo.ts';
import { Figures } from './support/figures.ts';
import { embeddedDatabase, MolvaProcess, untilReady } from './support/molva.ts';

const WRITERS = 36;

/** A session whose socket stands, and somebody who writes into it. */
class Writer {
  readonly heard: number[] = [];
  /** When each of them was, by its number. */
  readonly heardAt = new Map<number, number>();
  readonly connected: number[] = [];
  readonly #molva: MolvaProcess;
  readonly #id: string;
  readonly #socket: Centrifuge;

  private constructor(molva: MolvaProcess, id: string) {
    this.#molva = molva;
    this.#id = id;
    this.#socket = new Centrifuge(`${molva.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
      data: { application: 'widget', settings: { sessions: [id], echo: true } },
    });
    // What stands hears from its position on: each connect tells one.
    this.#socket.on('subscribed', ({ streamPosition }) => this.connected.push(streamPosition?.offset ?? -1));
    this.#socket.on('publication', ({ data }: PublicationContext) => {
      const { eventSeq } = (data as { data: { eventSeq?: number } }).data;
      if (eventSeq === undefined) return;
      this.heard.push(eventSeq);
      this.heardAt.set(eventSeq, Date.now());
    });
  }

  static async open(molva: MolvaProcess, chatId: string): Promise<Writer> {
    const answer = await fetch(`${molva.url}/api/v1/chats/${chatId}/sessions`, { method: 'POST' });
    const { id } = (await answer.json()) as { id: string };
    const writer = new Writer(molva, id);
    writer.#socket.connect();
    await writer.#socket.ready(30_000);
    return writer;
  }

  /** Writes until it is stopped, or a call fails: nothing is said after that, so nothing but the relay tells of it. */
  async write(until: AbortSignal): Promise<void> {
    const url = `${this.#molva.url}/api/v1/sessions/${this.#id}/clients/messages`;
    const headers = { 'content-type': 'application/json' };
    while (!until.aborted) {
      const answer = await fetch(url, { method: 'POST', headers, body: '{"body":"hello"}' });
      await answer.arrayBuffer();
      if (!answer.ok) return;
    }
  }

  /** The events the log has since the socket stands. */
  async logged(): Promise<LoggedEvent[]> {
    const found: LoggedEvent[] = [];
    for (;;) {
      const after = found.at(-1)?.eventSeq ?? this.connected[0] ?? 0;
      const page = await fetch(`${this.#molva.url}/api/v1/sessions/${this.#id}/events?after=${after}&limit=1000`);
      // It may be away once more: a crash breaks all connections, and not each of them is looked at at once.
      if (page.status === 503) {
        await sleep(200);
        continue;
      }
      const { items, hasMore } = (await page.json()) as ListPage<LoggedEvent> & { hasMore: boolean };
      found.push(...items);
      if (!hasMore) return found;
    }
  }

  close(): void {
    this.#socket.disconnect();
  }
}

/** Lets writers write until a break ends it, again and again, and compares what was heard with the log. */
async function heardThrough(
  molva: MolvaProcess,
  kind: string,
  breaks: readonly (() => Promise<void>)[],
): Promise<void> {
  const [afterCommit, afterReady] = [new Figures(), new Figures()];
  const chatId = await echoChat(molva);
  const writers = await Promise.all(Array.from({ length: WRITERS }, () => Writer.open(molva, chatId)));
  const counted = new Map<Writer, number>();
  for (const happen of breaks) {
    const stop = new AbortController();
    const writing = writers.map((writer) => writer.write(stop.signal));
    await sleep(1000);
    const broken = Date.now();
    await happen();
    stop.abort();
    const ready = await untilReady(molva.url);
    await Promise.all(writing);
    for (const writer of writers) {
      const logged = await writer.logged();
      await expect.poll(() => writer.heard).toEqual(logged.map(({ eventSeq }) => eventSeq));
      for (const { eventSeq, createdAt } of logged.slice(counted.get(writer) ?? 0)) {
        const heardAt = writer.heardAt.get(eventSeq) ?? Infinity;
        afterCommit.add(heardAt, Date.parse(createdAt));
        // What was heard before the break needed nothing of what came after it.
        if (heardAt > broken) afterReady.add(heardAt, Math.max(Date.parse(createdAt), ready));
      }
      counted.set(writer, logged.length);
    }
  }
  afterCommit.print(`events heard after they were made, database ${kind}`);
  afterReady.print(`events heard late, after readiness or after they were made, database ${kind}`);
  // A socket that was sent away and came back was told of another subscription.
  expect(writers.map(({ connected }) => connected.length)).toEqual(writers.map(() => 1));
  for (const writer of writers) writer.close();
}

it('every committed event is heard on the sockets that stood while the embedded database crashes', async () => {
  await using molva = await MolvaProcess.start();
  const ask = async <T extends object>(text: string): Promise<T[]> => {
    const client = new pg.Client({ ...embeddedDatabase(molva.folder), application_name: 'test' });
    await client.connect();
    const { rows } = await client.query<T>(text);
    await client.end();
    return rows;
  };
  const backends = `from pg_stat_activity where application_name = 'molva'`;
  // One killed backend makes the server end all others, recover and go on.
  const crash = async (): Promise<void> => {
    const [backend] = await ask<{ pid: number }>(`select pid ${backends} order by state = 'active' desc`);
    if (backend !== undefined) process.kill(backend.pid, 'SIGKILL');
  };
  const terminate = async (): Promise<void> => void (await ask(`select pg_terminate_backend(pid) ${backends}`));
  await heardThrough(molva, 'embedded', [crash, terminate, crash, terminate, crash, terminate]);
}, 300_000);

it('every committed event is heard on the sockets that stood while an external database restarts', async () => {
  await using postgres = await ExternalDatabase.open();
  await using molva = await MolvaProcess.start({ MOLVA_DATABASE_URL: postgres.connectionString });
  const restart = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    await postgres.stop(signal);
    await postgres.start();
  };
  const fast = (): Promise<void> => restart('SIGINT');
  const atOnce = (): Promise<void> => restart('SIGQUIT');
  await heardThrough(molva, 'external', [fast, atOnce, fast, atOnce, fast, atOnce]);
}, 300_000);
