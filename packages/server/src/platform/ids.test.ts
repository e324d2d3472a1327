import { expect, it } from 'vitest';
import { systemIds } from './ids.ts';

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const START = Date.UTC(2026, 0, 28);

it('ids of one instant are in the order they were made in, beyond the numbers that it has', () => {
  const { uuid7 } = systemIds(() => START);
  const made = Array.from({ length: 10_000 }, uuid7);
  expect(made.filter((id) => !FORM.test(id))).toEqual([]);
  expect(made.toSorted()).toEqual(made);
  expect(new Set(made.map((id) => id.slice(19))).size).toBe(made.length);
});

it('a clock that steps back does not bring ids back', () => {
  let now = START;
  const { uuid7 } = systemIds(() => now);
  const first = uuid7();
  now -= 60_000;
  const second = uuid7();
  now = START + 1;
  const third = uuid7();
  expect([first, second, third].toSorted()).toEqual([first, second, third]);
  expect(Number.parseInt(third.replaceAll('-', '').slice(0, 12), 16)).toBe(START + 1);
});
