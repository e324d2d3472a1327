import { expect, it } from 'vitest';
import { openLog } from '../../platform/log.ts';
import { Notices } from '../../platform/notices.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { TakingBack } from './taking-back.ts';

function open() {
  const done: string[] = [];
  const clock = new FakeClock(0);
  const notices = new Notices(openLog('silent', false), clock, () => undefined);
  const database = { away: false };
  const doing = (what: string) => async (): Promise<void> => {
    done.push(what);
    if (database.away) throw new Error('away');
  };
  const takings = new TakingBack({ clock, notices, everything: doing('everything') });
  const begin = (name: string): void =>
    takings.begin({
      name,
      first: doing(`${name} first`),
      later: doing(`${name} later`),
      notice: 'live-proofs-unheard',
    });
  const passes = async (milliseconds: number): Promise<void> => {
    clock.advance(milliseconds);
    await new Promise(setImmediate);
  };
  return { done, takings, database, begin, passes };
}

it('what is taken back is taken once more, from whoever was let in meanwhile', async () => {
  const { done, begin, passes } = open();
  begin('a');
  await passes(0);
  expect(done).toEqual(['a first']);
  for (let second = 0; second < 60; second++) await passes(1_000);
  expect(done).toEqual(['a first', 'a later']);
});

it('what fails is tried again until it is done, and at once where the database is back', async () => {
  const { done, takings, database, begin, passes } = open();
  database.away = true;
  begin('a');
  await passes(0);
  await passes(2_000);
  expect(done).toEqual(['a first', 'a first']);
  database.away = false;
  takings.retry();
  await passes(0);
  takings.retry();
  await passes(2_000);
  expect(done).toEqual(['a first', 'a first', 'a first']);
  database.away = true;
  await passes(15_000);
  database.away = false;
  await passes(2_000);
  await passes(60_000);
  expect(done.slice(3)).toEqual(['a later', 'a later']);
});

it('where too much is to be remembered everything is taken', async () => {
  const { done, database, begin, passes } = open();
  database.away = true;
  for (let name = 0; name <= 10_000; name++) begin(String(name));
  await passes(0);
  expect(done.length).toBe(10_001);
  done.length = 0;
  database.away = false;
  await passes(2_000);
  await passes(60_000);
  expect(done).toEqual(['everything', 'everything']);
});
