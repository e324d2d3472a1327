import type { Session } from '@molva/contract';
import { expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { echoBlocks, startTestApp } from '../../testing/test-app.ts';

it('an operator who stays offline for a minute leaves the sessions to others; one who comes back keeps them', async () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  await using app = await startTestApp({ clock });
  const [olga, ivan] = [await app.operator('Olga'), await app.operator('Ivan')];
  const session = await app.start(await app.chat(echoBlocks));
  const act = (operator: typeof olga, what: string) => app.call('PATCH', `/users/me/${what}`, {}, operator.header);
  const answersIn = async () =>
    (await app.call<Session>('GET', `/sessions/${session.id}`, undefined, app.admin)).body.operatorName;
  const pass = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed++) {
      clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  };
  await act(ivan, 'activate');
  await act(olga, 'activate');
  await app.call('PATCH', `/sessions/${session.id}/operators/${olga.id}`, [], olga.header);

  await act(olga, 'deactivate');
  await pass(30);
  await act(olga, 'activate');
  await pass(60);
  expect(await answersIn()).toBe('Olga');

  await act(olga, 'deactivate');
  await pass(50);
  expect(await answersIn()).toBe('Olga');
  await pass(20);
  await expect.poll(answersIn).toBe('Ivan');
});
