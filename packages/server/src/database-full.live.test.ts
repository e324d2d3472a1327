import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { overOne } from './platform/database/one.ts';
import { openDatabaseServer } from './platform/postgres/index.ts';
import { ExternalDatabase } from './testing/external-database.ts';
import { keptLog } from './testing/kept-log.ts';
import { startTestApp } from './testing/test-app.ts';

const MOST = 30;
let database: ExternalDatabase;
beforeAll(async () => {
  database = await ExternalDatabase.open([`max_connections=${MOST}`]);
});
afterAll(() => database[Symbol.asyncDispose]());

async function sql(text: string): Promise<void> {
  await overOne({ connectionString: database.connectionString }, (client) => client.query(text));
}

/** A database of a user who is no superuser, as limits do not hold for those. */
async function ownDatabase(): Promise<string> {
  await sql('create role molva login');
  await sql('create database molva owner molva');
  const url = new URL(database.connectionString);
  [url.username, url.pathname] = ['molva', '/molva'];
  return url.href;
}

/** Connections of others. */
class Crowd implements AsyncDisposable {
  readonly #clients: pg.Client[] = [];

  /** Takes all the connections there are, also those that somebody lets go of meanwhile; answers why there are no more. */
  async take(): Promise<string> {
    for (;;) {
      const client = new pg.Client({ connectionString: database.connectionString });
      client.on('error', () => undefined);
      try {
        await client.connect();
        this.#clients.push(client);
      } catch (error) {
        return (error as Error).message;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.end()));
  }
}

it('a start that finds no connection left says so in one sentence, and the next one starts', async () => {
  {
    await using crowd = new Crowd();
    expect(await crowd.take()).toMatch(/too many clients/);
    await expect(openDatabaseServer('', database.connectionString)).rejects.toThrow(
      /^The database of MOLVA_DATABASE_URL cannot be reached: [^\n]*too many clients already$/,
    );
    await expect(startTestApp({ connection: { connectionString: database.connectionString } })).rejects.toThrow(
      /^The database cannot be used: [^\n]*too many clients already. Start again when it can.$/,
    );
  }
  await using server = await openDatabaseServer('', database.connectionString);
  expect(server.kind).toBe('external');
});

it('calls that find no connection left are told to come again, one line says so, and timers and calls go on by themselves', async () => {
  const { log, messages } = keptLog();
  await using app = await startTestApp({ connection: { connectionString: await ownDatabase() }, log });
  const chatId = await app.chat({
    start: { type: 'start', next: 'ask' },
    ask: { type: 'question', text: 'Well?', default: 'wait' },
    wait: { type: 'pause', seconds: 1, next: 'again' },
    again: { type: 'question', text: 'After the pause', default: 'wait' },
  });
  const { id } = await app.start(chatId);
  const say = (body: string) => app.call('POST', `/sessions/${id}/clients/messages`, { body });
  expect((await say('begin the pause')).status).toBe(201);
  {
    // As if others had them all, whoever comes when: a race for the last one would have a winner.
    await sql('alter role molva connection limit 0');
    await using _room = { [Symbol.asyncDispose]: () => sql('alter role molva connection limit -1') };
    await sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'molva'`);
    for (const call of [() => say('now?'), () => app.call('POST', `/chats/${chatId}/sessions`, {})]) {
      const { status, headers } = await call();
      expect([status, headers.get('x-error-code'), headers.get('retry-after')]).toEqual([503, 'database-away', '2']);
    }
    expect((await app.call('GET', '/api/../health/ready')).status).toBe(503);
  }
  await expect.poll(async () => (await say('again')).status).toBe(201);
  const said = async () => {
    const { body } = await app.call<{ items: { body: string }[] }>('GET', `/sessions/${id}/messages?limit=100`);
    return body.items.map((message) => message.body);
  };
  await expect.poll(said).toContain('After the pause');
  const lines = messages.filter((message) => /refuses what is asked|does not answer/.test(message));
  expect(lines.length).toBeLessThanOrEqual(2);
});
