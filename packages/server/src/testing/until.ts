import { expect } from 'vitest';
import type { FakeClock } from './fake-clock.ts';

/** Lets time pass in small pieces, and what came due do its work, until something is so. */
export async function until(clock: FakeClock, fulfilled: () => boolean | Promise<boolean>, step = 100): Promise<void> {
  const look = (): boolean | Promise<boolean> => {
    clock.advance(step);
    return fulfilled();
  };
  await expect.poll(look, { interval: 10 }).toBe(true);
}
