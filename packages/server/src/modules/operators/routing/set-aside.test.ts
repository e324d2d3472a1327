import { expect, it } from 'vitest';
import { SetAside } from './set-aside.ts';

it('what fails is left alone twice as long each time, a minute at most, and not at all once it went well', () => {
  const aside = new SetAside();
  const waits = Array.from({ length: 9 }, () => aside.hold('a', 1_000));
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  expect([aside.holds('a', 60_999), aside.holds('a', 61_000), aside.holds('b', 1_000)]).toEqual([true, false, false]);
  aside.hold('b', 1_000);
  expect([aside.rest(['a', 'b', 'c'], 1_200), aside.rest(['c'], 1_200)]).toEqual([300, null]);
  aside.release('a');
  expect([aside.holds('a', 1_000), aside.hold('a', 1_000)]).toEqual([false, 500]);
});

it('a thousand are known at most', () => {
  const aside = new SetAside();
  for (let at = 0; at <= 1_000; at++) aside.hold(`s${at}`, 1_000);
  expect([aside.holds('s0', 1_000), aside.holds('s1', 1_000)]).toEqual([false, true]);
});
