import { randomUUID } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ListPage, LoggedEvent, Message, SessionStarted } from '@molva/contract';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { ExternalDatabase } from '../packages/server/src/testing/external-database.ts';
import { echoChat } from './support/echo.ts';
import { MolvaProcess, untilReady } from './support/molva.ts';

/** Sessions, each with a writer on either process. */
const SESSIONS = 32;
/** Writers of both processes send at the same instants, so that steps gather, and what gathers crosses. */
const TICK_MS = 150;
/** How long somebody else holds a session's row, and how often everything is done. */
const LOCKED_MS = 10_000;
const ROUNDS = Number(process.env['KILLING_ROUNDS'] ?? 1);
/** The statement that writes steps of many sessions. */
const GROUP = '%held as materialized%';
const PATIENCE = { timeout: 60_000, interval: 250 };

/** Somebody who says one thing after another in a session by way of a process, each under a key until it is taken. */
class Writer {
  readonly session: string;
  readonly texts: string[] = [];
  /** When each was sent first, and when it was taken. */
  readonly times: { readonly sent: number; readonly taken: number }[] = [];
  readonly #url: string;
  readonly #name: string;

  constructor(url: string, name: string, session: string) {
    this.#url = url;
    this.#name = name;
    this.session = session;
  }

  /** Says things until it is told to stop; what was begun is brought to its end. */
  async talk(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await sleep(TICK_MS - (Date.now() % TICK_MS));
      const text = `${this.#name} ${this.texts.length}`;
      const [key, sent] = [randomUUID(), Date.now()];
      while (!(await this.#say(text, key))) await sleep(50);
      this.texts.push(text);
      this.times.push({ sent, taken: Date.now() });
    }
  }

  /** Whether it was taken; nothing else is allowed than that, and that the same may be tried again. */
  async #say(text: string, key: string): Promise<boolean> {
    const answer = await fetch(`${this.#url}/api/v1/sessions/${this.session}/clients/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ body: text }),
    }).catch(() => undefined);
    // A repeat of what was written is answered by 200.
    if (answer === undefined || answer.status === 503) return false;
    if (answer.status !== 200 && answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
    return true;
  }
}

/** What a socket of the official client hears of a session from now on, by its place in the log. */
async function listen(url: string, session: string): Promise<number[]> {
  const heard: number[] = [];
  const client = new Centrifuge(`${url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
    data: { application: 'widget', settings: { sessions: [session], echo: true } },
    maxReconnectDelay: 1_000,
  });
  client.on('publication', ({ offset }: PublicationContext) => {
    if (offset !== undefined) heard.push(offset);
  });
  onTestFinished(() => client.disconnect());
  client.connect();
  await client.ready();
  return heard;
}

/** Ends connections in the middle of a statement that writes many steps, at random moments, until it is told to stop. */
async function cutConnections(database: pg.Client, stop: AbortSignal): Promise<number> {
  let cut = 0;
  while (!stop.aborted) {
    const { rowCount } = await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where state = 'active' and query like $1 and pid <> pg_backend_pid() limit 1`,
      [GROUP],
    );
    cut += rowCount ?? 0;
    await sleep(rowCount === 0 ? 3 : 100 + Math.random() * 400);
  }
  return cut;
}

/** Two processes with the same secrets on one database. */
async function startTwo(database: ExternalDatabase): Promise<[MolvaProcess, MolvaProcess]> {
  const settings = { MOLVA_DATABASE_URL: database.connectionString, MOLVA_CONNECTIONS_PER_ADDRESS: '0' };
  const one = await MolvaProcess.start(settings);
  onTestFinished(() => one[Symbol.asyncDispose]());
  const folder = join(one.folder, 'other');
  await cp(join(one.folder, 'data', 'secrets'), join(folder, 'secrets'), { recursive: true });
  const other = await MolvaProcess.start({ ...settings, MOLVA_DATA_DIR: folder });
  onTestFinished(() => other[Symbol.asyncDispose]());
  return [one, other];
}

async function begin(molva: MolvaProcess, chatId: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${molva.url}/api/v1/chats/${chatId}/sessions`, { method: 'POST', headers, body: '{}' });
  return ((await answer.json()) as SessionStarted).id;
}

async function logOf(url: string, session: string): Promise<number[]> {
  const seqs: number[] = [];
  for (let more = true; more;) {
    const answer = await fetch(`${url}/api/v1/sessions/${session}/events?limit=1000&after=${seqs.at(-1) ?? 0}`);
    const { items, hasMore } = (await answer.json()) as ListPage<LoggedEvent> & { hasMore: boolean };
    seqs.push(...items.map(({ eventSeq }) => eventSeq));
    more = hasMore;
  }
  return seqs;
}

async function messagesOf(url: string, session: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (let more = true; more;) {
    const answer = await fetch(`${url}/api/v1/sessions/${session}/messages?limit=500&offset=${messages.length}`);
    const { items } = (await answer.json()) as ListPage<Message>;
    messages.push(...items);
    more = items.length > 0;
  }
  return messages;
}

it(
  'two processes that write the same sessions lose nothing and say nothing twice, whatever is cut, locked or killed',
  async () => {
    await using database = await ExternalDatabase.open();
    const [one, other] = await startTwo(database);
    const chatId = await echoChat(one);
    const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => begin(one, chatId)));
    const heard = await Promise.all(sessions.map((id) => Promise.all([listen(one.url, id), listen(other.url, id)])));
    const before = await Promise.all(sessions.map((id) => logOf(one.url, id)));
    const writers = sessions.flatMap((id) => [new Writer(one.url, 'one', id), new Writer(other.url, 'other', id)]);

    const [admin, stranger] = [0, 1].map(() => new pg.Client({ connectionString: database.connectionString }));
    if (admin === undefined || stranger === undefined) throw new Error('unreachable');
    await Promise.all([admin.connect(), stranger.connect()]);
    const stop = new AbortController();
    const talking = Promise.all(writers.map((writer) => writer.talk(stop.signal)));
    const cutting = cutConnections(admin, stop.signal);
    const locked = sessions[0] ?? '';
    for (let round = 0; round < ROUNDS; round++) {
      await stranger.query('begin');
      await stranger.query('select from sessions where id = $1 for update', [locked]);
      const since = Date.now();
      await sleep(LOCKED_MS);
      const until = Date.now();
      await stranger.query('commit');
      // Who has nothing to do with the locked session went on meanwhile; its own writers did not.
      const within = writers.map(({ session, times }) => ({
        locked: session === locked,
        taken: times.filter(({ sent, taken }) => sent > since && taken < until).length,
      }));
      expect(within.filter((writer) => !writer.locked && writer.taken === 0)).toEqual([]);
      expect(within.filter((writer) => writer.locked).map(({ taken }) => taken)).toEqual([0, 0]);

      await other.signal('SIGKILL');
      await other.run();
      await untilReady(other.url);
      await sleep(1_000);
    }
    stop.abort();
    await talking;
    expect(await cutting).toBeGreaterThan(0);
    await Promise.all([admin.end(), stranger.end()]);

    for (const [index, session] of sessions.entries()) {
      const messages = await messagesOf(one.url, session);
      const said = messages.filter(({ authorType }) => authorType === 'CLIENT').map(({ body }) => body);
      for (const [place, name] of ['one', 'other'].entries()) {
        const texts = said.filter((text) => text.startsWith(`${name} `));
        expect(texts).toEqual(writers[2 * index + place]?.texts);
      }
      // The bot greets, and answers each of them once, in the same order.
      const answers = messages.filter(({ authorType }) => authorType === 'BOT').map(({ body }) => body);
      expect(answers.filter((body) => body.startsWith('You said'))).toEqual(said.map((text) => `You said ${text}`));
      expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, place) => place + 1));

      const events = await logOf(one.url, session);
      expect(events).toEqual(events.map((_, place) => place + 1));
      for (const socket of heard[index] ?? []) {
        const last = (): number | undefined => socket.at(-1);
        await expect.poll(last, PATIENCE).toBe(events.at(-1));
        expect(socket).toEqual(events.slice(before[index]?.length));
      }
    }
  },
  180_000 * ROUNDS,
);
