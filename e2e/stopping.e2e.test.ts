import { join } from 'node:path';
import type { ListPage, Message, SessionStarted } from '@molva/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { json, startReceiver, type Receiver } from '../packages/server/src/testing/receiver.ts';
import { freeze, postmasterOf, strangers } from './support/hanging.ts';
import { MolvaProcess } from './support/molva.ts';

/** One process on one folder, started again after each end. */
let molva: MolvaProcess;
let port: number;
beforeAll(async () => {
  molva = await MolvaProcess.start({ MOLVA_OUTGOING_ALLOW: '127.0.0.1' });
  port = Number(new URL(molva.url).port);
});
afterAll(() => molva[Symbol.asyncDispose]());

async function post<T>(path: string, body: unknown): Promise<T> {
  return molva.make<T>(path, body, await molva.admin());
}

/** An integrator who takes calls and leaves them without an answer until told to speak. */
async function silent(answer: unknown): Promise<Receiver & { speak(): void }> {
  let speaks = false;
  const receiver = await startReceiver((_call, response) => (speaks ? json(response, answer) : undefined));
  return Object.assign(receiver, { speak: () => void (speaks = true) });
}

it('a stop ends, whoever is there, and what waits for others is as it was for the next process', async () => {
  await using bot = await silent({ messages: [{ body: 'Asked again' }] });
  await using callbacks = await silent({});
  const webhook = { url: bot.url, secret: 'a secret of sixteen and more' };
  const { id: botId } = await post<{ id: string }>('/bots', { name: 'Bot', webhook });
  const { id: chatId } = await post<{ id: string }>('/chats', { name: 'Chat', botId, callbackUrl: callbacks.url });
  const session = await post<SessionStarted>(`/chats/${chatId}/sessions`, { returnAnswerAsync: true });
  await post(`/sessions/${session.id}/clients/messages`, { body: 'hello' });
  await expect.poll(() => bot.received.length).toBe(1);
  const sockets = await Promise.all(Object.values(strangers).map((arrive) => arrive(port)));
  expect(await molva.signal('SIGTERM')).toBe(0);
  for (const socket of sockets) socket.destroy();

  bot.speak();
  await molva.run();
  const said = async (): Promise<string[]> => {
    const answer = await fetch(`${molva.url}/api/v1/sessions/${session.id}/messages`);
    return ((await answer.json()) as ListPage<Message>).items.map(({ body }) => body);
  };
  // What was being asked at the stop, and then what the client said meanwhile.
  await expect.poll(said).toEqual(['hello', 'Asked again', 'Asked again']);
  const [first, again, next, ...others] = bot.received.map(({ headers }) => headers['idempotency-key']);
  expect(again).toBe(first);
  expect(next).not.toBe(first);
  expect(others).toEqual([]);
  expect(molva.output).not.toContain('a timer failed');
});

it('the loss of the database ends the process, whoever is there, with one sentence', async () => {
  const sockets = await Promise.all(Object.values(strangers).map((arrive) => arrive(port)));
  const from = molva.output.length;
  process.kill(await postmasterOf(join(molva.folder, 'data')), 'SIGKILL');
  expect(await molva.ended()).toBe(1);
  expect(molva.output.slice(from).match(/The database ended unexpectedly/g)).toHaveLength(1);
  for (const socket of sockets) socket.destroy();
});

it('a stop ends beside a database that hangs, and a second signal ends it at once', async () => {
  await molva.run();
  const hung = async (): Promise<Disposable> => {
    const frozen = await freeze(await postmasterOf(join(molva.folder, 'data')));
    void fetch(`${molva.url}/health/ready`).catch(() => undefined);
    return frozen;
  };
  {
    using _frozen = await hung();
    expect(await molva.signal('SIGTERM')).toBe(0);
  }
  await molva.run();
  using _frozen = await hung();
  const ended = molva.signal('SIGTERM');
  await new Promise((later) => setTimeout(later, 1_200));
  // It dies of the signal: it is not asked any more.
  await molva.signal('SIGTERM');
  expect(await ended).toBe(null);
});
