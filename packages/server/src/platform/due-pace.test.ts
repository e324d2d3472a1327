import { expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { DuePace } from './due-pace.ts';

function openPace() {
  const clock = new FakeClock(0);
  const rested: number[] = [];
  const pace = new DuePace(clock, () => rested.push(clock.now()));
  return { clock, rested, pace };
}

it('a turn is over with the last that was claimed, and the rest behind it is as long', () => {
  const { clock, rested, pace } = openPace();
  pace.took(['a', 'b']);
  clock.advance(8);
  pace.settled('a');
  clock.advance(2);
  pace.settled('of a turn before');
  expect(pace.waits).toBe(true);
  pace.settled('b');
  clock.advance(9);
  expect([pace.waits, rested]).toEqual([true, []]);
  clock.advance(1);
  expect([pace.waits, rested]).toEqual([false, [20]]);
});

it('one that hangs holds up its turn for a tenth of a second, and never its rest', () => {
  const { clock, rested, pace } = openPace();
  pace.took(['hangs']);
  clock.advance(200);
  expect([pace.waits, rested]).toEqual([false, [200]]);
  pace.took(['next']);
  pace.settled('hangs');
  expect(pace.waits).toBe(true);
});

it('where nothing was claimed nothing rests', () => {
  const { pace } = openPace();
  pace.took([]);
  expect(pace.waits).toBe(false);
});
