/** A timer that was set; cancelling it twice is harmless. */
export interface Timer {
  cancel(): void;
}

/** Time, as everything in the server reads it: tests own it. Milliseconds of the epoch. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, milliseconds: number): Timer;
}

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(callback, milliseconds) {
    const handle = setTimeout(callback, Math.min(milliseconds, 2_147_483_647)).unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
