import { expect, it } from 'vitest';
import { atWork, creep, pass } from '../../../testing/at-work.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { echoBlocks, startTestApp } from '../../../testing/test-app.ts';

it('an idle limit that a chat gets later counts in the sessions that there are', async () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  await using app = await startTestApp({ clock });
  using _creeping = creep(clock);
  const work = atWork(app);
  const [olga, ivan] = [await app.operator('Olga'), await app.operator('Ivan')];
  await work.online(olga, ivan);
  const chat = await app.chat(echoBlocks);
  const { id } = await app.start(chat);
  await work.act('PATCH', id, `/operators/${olga.id}`);
  // The look at whoever was named has found that there is no limit.
  await pass(clock, 1);
  const changed = await app.call('PUT', `/chats/${chat}`, { allowableOperatorIdleTime: 10 }, app.admin);
  expect(changed.status).toBeLessThan(300);
  await pass(clock, 70);
  await work.send(id, 'Are you there?');
  await pass(clock, 14);
  await expect.poll(async () => (await work.details(id)).operatorName).toBe('Ivan');
});
