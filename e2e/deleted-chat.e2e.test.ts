import type { ListPage, Session } from '@molva/contract';
import { expect, it } from 'vitest';
import { MolvaProcess } from './support/molva.ts';

const SESSIONS = 125;

it('the sessions of a deleted chat are closed although the process is killed with the answer to the deletion', async () => {
  await using molva = await MolvaProcess.start({ MOLVA_DEMO: 'true' });
  const headers = await molva.admin();
  const chatId = await molva.demoChat('en');
  for (let count = 0; count < SESSIONS; count += 25) {
    const start = () => fetch(`${molva.url}/api/v1/chats/${chatId}/sessions`, { method: 'POST' });
    await Promise.all(Array.from({ length: 25 }, start));
  }
  const counted = async (status: string): Promise<number> => {
    const answer = await fetch(`${molva.url}/api/v1/sessions?status=${status}&limit=1`, { headers });
    return ((await answer.json()) as ListPage<Session>).count ?? 0;
  };
  expect(await counted('ACTIVE')).toBe(SESSIONS);

  expect((await fetch(`${molva.url}/api/v1/chats/${chatId}`, { method: 'DELETE', headers })).status).toBe(204);
  await molva.signal('SIGKILL');
  await molva.run();
  await expect.poll(() => counted('CLOSED'), { timeout: 90_000 }).toBe(SESSIONS);
});
