import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListPage, Message, SessionStarted } from '@molva/contract';
import { describe, expect, it } from 'vitest';
import { ExternalDatabase } from '../packages/server/src/testing/external-database.ts';
import { json, startReceiver, type Receiver } from '../packages/server/src/testing/receiver.ts';
import { Figures } from './support/figures.ts';
import { MolvaProcess, untilReady } from './support/molva.ts';

/** Sessions of each bot. */
const SESSIONS = 4;
const PAUSE_MS = 1_500;
/** Busy machines are slow; what waited for a lease of a minute would still not be in time. */
const LIMIT = { interval: 100 };

const pausing = {
  version: 1,
  language: 'en',
  start: 'start',
  blocks: {
    start: { type: 'start', next: 'first' },
    first: { type: 'message', text: 'One', next: 'pause' },
    pause: { type: 'pause', seconds: PAUSE_MS / 1000, next: 'second' },
    second: { type: 'message', text: 'Two', next: 'again' },
    again: { type: 'pause', seconds: PAUSE_MS / 1000, next: 'third' },
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

/** What is said in a session: nothing where nobody answers. */
type Said = readonly Pick<Message, 'body' | 'authorType' | 'createdAt'>[];

/** Begins sessions of bots that are in the middle of something; answers what is said in each of them. */
async function begin(molva: MolvaProcess, webhookUrl: string): Promise<() => Promise<Said[]>> {
  const headers = await molva.admin();
  const post = <T>(path: string, body: unknown): Promise<T> => molva.make<T>(path, body, headers);
  const chat = async (bot: object): Promise<string> => {
    const { id: botId } = await post<{ id: string }>('/bots', { name: 'Bot', ...bot });
    return (await post<{ id: string }>('/chats', { name: 'Chat', botId })).id;
  };
  const webhook = { url: webhookUrl, secret: 'a secret of sixteen and more' };
  const chats = [await chat({ scenario: pausing }), await chat({ webhook })];
  const started = chats.flatMap((chatId) =>
    Array.from({ length: SESSIONS }, async () => {
      const session = await post<SessionStarted>(`/chats/${chatId}/sessions`, { returnAnswerAsync: true });
      await post(`/sessions/${session.id}/clients/messages`, { body: 'hello' });
      return session;
    }),
  );
  const ids = (await Promise.all(started)).map(({ id }) => id);
  const said = async (id: string): Promise<Said> => {
    const answer = await fetch(`${molva.url}/api/v1/sessions/${id}/messages`);
    return answer.status === 200 ? ((await answer.json()) as ListPage<Message>).items : [];
  };
  return () => Promise.all(ids.map((id) => said(id).catch(() => [])));
}

/** Waits until every bot has said everything, and prints how long after readiness it went on. */
async function goesOn(said: () => Promise<Said[]>, broken: number, ready: number, how: string): Promise<void> {
  const texts = async (): Promise<string[]> =>
    (await said()).map((messages) => messages.map(({ body }) => body).join(' '));
  await expect.poll(texts, LIMIT).toEqual(everything);
  const [first, next] = [new Figures(), new Figures()];
  for (const messages of await said()) {
    const spoken = messages.filter(({ authorType }) => authorType === 'BOT').map((one) => Date.parse(one.createdAt));
    const after = spoken.findIndex((at) => at > broken);
    if (after !== -1) first.add(spoken[after] ?? Infinity, ready);
    for (const [index, at] of spoken.entries()) {
      const due = (spoken[index - 1] ?? Infinity) + PAUSE_MS;
      if (at > broken && index > 0) next.add(at, Math.max(ready, due));
    }
  }
  first.print(`bots answered after readiness, ${how}`);
  next.print(`pauses ended late, after readiness or their end, ${how}`);
}

const everything = [...Array(SESSIONS).fill('One hello Two Three'), ...Array(SESSIONS).fill('hello Asked Asked')];

describe.each(['embedded', 'external'] as const)('with a database that is %s', (kind) => {
  it('bots that were in a pause or being asked when the process was killed go on as soon as it is back', async () => {
    await using database = kind === 'external' ? await ExternalDatabase.open() : undefined;
    await using bot = await slowBot();
    await using molva = await MolvaProcess.start(settings(database));
    const said = await begin(molva, bot.receiver.url);
    await expect.poll(() => bot.receiver.received.length, LIMIT).toBe(SESSIONS);
    const broken = Date.now();
    await molva.signal('SIGKILL');
    bot.speak();
    await molva.run();
    await goesOn(said, broken, await untilReady(molva.url), `server killed, database ${kind}`);
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
    const broken = Date.now();
    await database.stop(signal);
    bot.speak();
    await database.start();
    await goesOn(said, broken, await untilReady(molva.url), `external database ended by ${signal}`);
  },
);

it('bots go on as soon as a process whose embedded database was killed is started again', async () => {
  await using bot = await slowBot();
  await using molva = await MolvaProcess.start(settings(undefined));
  const said = await begin(molva, bot.receiver.url);
  await expect.poll(() => bot.receiver.received.length, LIMIT).toBe(SESSIONS);
  const pid = (await readFile(join(molva.folder, 'data', 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0];
  const broken = Date.now();
  const ended = molva.ended();
  process.kill(Number(pid), 'SIGQUIT');
  // Without its database there is nothing it could do.
  expect(await ended).toBe(1);
  expect(
    molva.output.match(/The database ended unexpectedly \(\S.*\), .* at the end of .*postgres\.log\./g),
  ).toHaveLength(1);
  bot.speak();
  await molva.run();
  await goesOn(said, broken, await untilReady(molva.url), 'embedded database killed');
});

function settings(database: ExternalDatabase | undefined): Record<string, string> {
  const outgoing = { MOLVA_OUTGOING_ALLOW: '127.0.0.1' };
  return database === undefined ? outgoing : { ...outgoing, MOLVA_DATABASE_URL: database.connectionString };
}
