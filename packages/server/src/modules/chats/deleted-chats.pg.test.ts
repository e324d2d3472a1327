import type { Session } from '@molva/contract';
import pg from 'pg';
import { expect, it } from 'vitest';
import { creep, pass } from '../../testing/at-work.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../testing/test-app.ts';

async function statusOf(app: TestApp, id: string): Promise<string> {
  return (await app.call<Session>('GET', `/sessions/${id}`)).body.status;
}

it('the sessions of a chat are closed at the next start where the process ended right after the deletion', async () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  await using app = await startTestApp({ clock });
  const chatId = await app.chat(echoBlocks);
  const sessions = await Promise.all([app.start(chatId), app.start(chatId)]);
  expect((await app.call('DELETE', `/chats/${chatId}`, undefined, app.admin)).status).toBe(204);
  // No timer of this process has fired: that is all it leaves behind.
  expect(await statusOf(app, sessions[0].id)).toBe('ACTIVE');

  await app.restart();
  using _creeping = creep(clock);
  for (const { id } of sessions) await expect.poll(() => statusOf(app, id)).toBe('CLOSED');
});

it('a start that had read its chat before the deletion, and was written after, is closed as well', async () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  await using app = await startTestApp({ clock });
  const chatId = await app.chat(echoBlocks);
  const { id } = await app.start(chatId);
  await app.call('DELETE', `/chats/${chatId}`, undefined, app.admin);
  using creeping = creep(clock);
  await expect.poll(() => statusOf(app, id)).toBe('CLOSED');
  creeping[Symbol.dispose]();

  const client = new pg.Client(app.connection);
  await client.connect();
  await client.query(`update sessions set closed_at = null, status = 'ACTIVE'`);
  await client.end();
  await app.restart();
  expect(await statusOf(app, id)).toBe('ACTIVE');
  await pass(clock, 130);
  using _creepingOn = creep(clock);
  await expect.poll(() => statusOf(app, id)).toBe('CLOSED');
});

it('a deleted chat is gone under every spelling of its id', async () => {
  await using app = await startTestApp();
  const chatId = await app.chat(echoBlocks);
  const spelled = `/chats/${chatId.toUpperCase()}/sessions`;
  expect((await app.call('POST', spelled, {})).status).toBe(201);
  await app.call('DELETE', `/chats/${chatId}`, undefined, app.admin);
  expect((await app.call('POST', spelled, {})).status).toBe(404);
});
