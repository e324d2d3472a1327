/** A timer that was set; cancelling it twice is harmless. */
export interface Timer {
  cancel(): void;
}

/** Time, as everything in the server reads it: tests own it. Milliseconds of the epoch. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, milliseconds: number): Timer;
}

/** Time as it passes for this process, whatever the calendar is set to: for leases, which are about being alive. */
export interface Elapsed extends Pick<Clock, 'setTimeout'> {
  /** Milliseconds since some beginning; never goes back. */
  elapsed(): number;
}

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock & Elapsed = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimeout(callback, milliseconds) {
    const handle = setTimeout(callback, Math.min(milliseconds, 2_147_483_647)).unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
