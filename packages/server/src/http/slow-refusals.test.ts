import { expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { SlowRefusals } from './slow-refusals.ts';

const turn = (): Promise<unknown> => new Promise(setImmediate);

it('an address that is refused again and again hears it later, and only that one', async () => {
  const clock = new FakeClock(10_000);
  const refusals = new SlowRefusals(clock);
  const at = (address: string): Promise<void> | undefined => refusals.wait(address);
  for (let time = 0; time < 20; time++) expect(at('192.0.2.1')).toBe(undefined);
  let said = false;
  void at('192.0.2.1')?.then(() => (said = true));
  expect(at('192.0.2.2')).toBe(undefined);
  clock.advance(499);
  await turn();
  expect(said).toBe(false);
  clock.advance(1);
  await turn();
  expect(said).toBe(true);
  clock.advance(500);
  expect(at('192.0.2.1')).toBe(undefined);
});

it('no more wait than there is room for', async () => {
  const clock = new FakeClock(10_000);
  const refusals = new SlowRefusals(clock);
  const waits = Array.from({ length: 3_000 }, () => refusals.wait('192.0.2.1'));
  expect(waits.filter((wait) => wait !== undefined)).toHaveLength(2_000);
  clock.advance(500);
  await Promise.all(waits.filter((wait) => wait !== undefined));
  clock.advance(500);
  expect(Array.from({ length: 30 }, () => refusals.wait('192.0.2.1')).filter(Boolean)).toHaveLength(10);
});
