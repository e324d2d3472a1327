import { systemClock, type Clock, type Elapsed, type Timer } from '../platform/clock.ts';

/** The machine's clock, which a test lets skip hours: the calendar, not the time that passes. Timers that were set before keep their own pace. */
export class SkippingClock implements Clock, Elapsed {
  #skipped = 0;

  now(): number {
    return systemClock.now() + this.#skipped;
  }

  elapsed(): number {
    return systemClock.elapsed();
  }

  setTimeout(callback: () => void, milliseconds: number): Timer {
    return systemClock.setTimeout(callback, milliseconds);
  }

  skip(milliseconds: number): void {
    this.#skipped += milliseconds;
  }
}
