import { expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { keptLog } from '../testing/kept-log.ts';
import { DueBacklog } from './due-backlog.ts';

const turn = (): Promise<unknown> => new Promise(setImmediate);

function openBacklog(left: () => Promise<number> = () => Promise.resolve(100)) {
  const clock = new FakeClock(0);
  const { log, messages } = keptLog();
  return { clock, messages, backlog: new DueBacklog(clock, log, left) };
}

it('a crowd is told of once it is long, its progress twice a minute, and its end', async () => {
  const { clock, messages, backlog } = openBacklog();
  backlog.claimed('ends', 24, 1_000, true);
  for (let looks = 0; looks < 100; looks++) {
    backlog.claimed('ends', 24, 6_000, true);
    clock.advance(600);
  }
  await turn();
  expect(messages).toEqual(['many timers are due at once', 'many timers are due at once']);
  backlog.claimed('ends', 3, 60_000, false);
  backlog.claimed('ends', 1, 0, false);
  await turn();
  expect(messages.slice(2)).toEqual(['timers are run in time again']);
});

it('one that is late and all there is, is no crowd; and what cannot be counted is told all the same', async () => {
  const { messages, backlog } = openBacklog(() => Promise.reject(new Error('no database')));
  backlog.claimed('ends', 1, 600_000, false);
  await turn();
  expect(messages).toEqual([]);
  backlog.claimed('ends', 24, 600_000, true);
  await turn();
  expect(messages).toEqual(['many timers are due at once']);
});
