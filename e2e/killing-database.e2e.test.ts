import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListPage, Message, SessionStarted } from '@molva/contract';
import { describe, expect, it } from 'vitest';
import { ExternalDatabase } from '../packages/server/src/testing/external-database.ts';
import { json, startReceiver, type Receiver } from '../packages/server/src/testing/receiver.ts';
import { MolvaProcess } from './support/molva.ts';

/** Sessions of each bot. */
const SESSIONS = 4;
/** Busy machines are slow; what waited for a lease of a minute would still not be in time. */
const LIMIT = { timeout: 15_000, interval: 100 };

const pausing = {
  version: 1,
  language: 'en',
  start: 'start',
  blocks: {
    start: { type: 'start', next: 'first' },
    first: { type: 'message', text: 'One', next: 'pause' },
    pause: { type: 'pause', seconds: 1.5, next: 'second' },
    second: { type: 'message', text: 'Two', next: 'again' },
    again: { type: 'pause', seconds: 1.5, next: 'third' },
    third: { type: 'question', text: 'Three' },
  },
};

/** A webhook bot that is silent to the first try of each question until it is told to speak. */
async function slowBot(): Promise<AsyncDisposable & { readonly receiver: Receiver; speak(): void }> {
  let silent = true;
  const receiver = await startReceiver((_call, response) =>
    silent ? undefined : json(response, { messages: [{ body: 'Asked' }] }),
  );
  return { receiver, speak: () => void (silent = false), [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose]() };
}

/** Begins sessions of bots that are in the middle of something; answers what each of them has said. */
async function begin(molva: MolvaProcess, webhookUrl: string): Promise<() => Promise<string[]>> {
  const headers = await molva.admin();
  const post = async <T>(path: string, body: unknown): Promise<T> => {
    const answer = await fetch(`${molva.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status !== 201) throw new Error(await answer.text());
    return (await answer.json()) as T;
  };
  const chat = async (bot: object): Promise<string> => {
    const { id: botId } = await post<{ id: string }>('/bots', { name: 'Bot', ...bot });
    return (await post<{ id: string }>('/chats', { name: 'Chat', botId })).id;
  };
  const webhook = { url: webhookUrl, secret: 'a secret of sixteen and more' };
  const chats = [await chat({ scenario: pausing }), await chat({ webhook })];
  const started = chats.flatMap((chatId) =>
    Array.from({ length: SESSIONS }, () =>
      post<SessionStarted>(`/chats/${chatId}/sessions`, { returnAnswerAsync: true, messageBody: 'hello' }),
    ),
  );
  const ids = (await Promise.all(started)).map(({ id }) => id);
  const said = async (id: string): Promise<string> => {
    const answer = await fetch(`${molva.url}/api/v1/sessions/${id}/messages`);
    if (answer.status !== 200) return 'nobody answers';
    return ((await answer.json()) as ListPage<Message>).items.map(({ body }) => body).join(' ');
  };
  return () => Promise.all(ids.map((id) => said(id).catch(() => 'nobody answers')));
}

const everything = [...Array(SESSIONS).fill('hello One Two Three'), ...Array(SESSIONS).fill('hello Asked')];

describe.each(['embedded', 'external'] as const)('with a database that is %s', (kind) => {
  it('bots that were in a pause or being asked when the process was killed go on as soon as it is back', async () => {
    await using database = kind === 'external' ? await ExternalDatabase.open() : undefined;
    await using bot = await slowBot();
    await using molva = await MolvaProcess.start(settings(database));
    const said = await begin(molva, bot.receiver.url);
    await expect.poll(() => bot.receiver.received.length, LIMIT).toBe(SESSIONS);
    await molva.signal('SIGKILL');
    bot.speak();
    await molva.run();
    await expect.poll(said, LIMIT).toEqual(everything);
  });
});

it.each(['SIGINT', 'SIGQUIT'] as const)(
  'bots go on as soon as an external database that ended by %s is back under the running process',
  async (signal) => {
    await using database = await ExternalDatabase.open();
    await using bot = await slowBot();
    await using molva = await MolvaProcess.start(settings(database));
    const said = await begin(molva, bot.receiver.url);
    await expect.poll(() => bot.receiver.received.length, LIMIT).toBe(SESSIONS);
    await database.stop(signal);
    bot.speak();
    await database.start();
    await expect.poll(said, LIMIT).toEqual(everything);
  },
);

it('bots go on as soon as a process whose embedded database was killed is started again', async () => {
  await using bot = await slowBot();
  await using molva = await MolvaProcess.start(settings(undefined));
  const said = await begin(molva, bot.receiver.url);
  await expect.poll(() => bot.receiver.received.length, LIMIT).toBe(SESSIONS);
  const pid = (await readFile(join(molva.folder, 'data', 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0];
  const ended = molva.ended();
  process.kill(Number(pid), 'SIGQUIT');
  // Without its database there is nothing it could do.
  expect(await ended).toBe(1);
  bot.speak();
  await molva.run();
  await expect.poll(said, LIMIT).toEqual(everything);
});

function settings(database: ExternalDatabase | undefined): Record<string, string> {
  const outgoing = { MOLVA_OUTGOING_ALLOW: '127.0.0.1' };
  return database === undefined ? outgoing : { ...outgoing, MOLVA_DATABASE_URL: database.connectionString };
}
