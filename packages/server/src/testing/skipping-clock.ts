import { systemClock, type Clock, type Timer } from '../platform/clock.ts';

/** The machine's clock, which a test lets skip hours. Timers that were set before keep their own pace. */
export class SkippingClock implements Clock {
  #skipped = 0;

  now(): number {
    return systemClock.now() + this.#skipped;
  }

  setTimeout(callback: () => void, milliseconds: number): Timer {
    return systemClock.setTimeout(callback, milliseconds);
  }

  skip(milliseconds: number): void {
    this.#skipped += milliseconds;
  }
}
