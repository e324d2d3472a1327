import { systemClock, type Clock, type Elapsed, type Timer } from '../platform/clock.ts';

/** The machine's clock, whose timers a test can hold back: while they are, nothing begins of itself. */
export class HaltingClock implements Clock, Elapsed {
  #held: (() => void)[] | undefined;

  now(): number {
    return systemClock.now();
  }

  elapsed(): number {
    return systemClock.elapsed();
  }

  setTimeout(callback: () => void, milliseconds: number): Timer {
    let cancelled = false;
    const fire = (): void => {
      if (cancelled) return;
      if (this.#held === undefined) callback();
      else this.#held.push(fire);
    };
    const timer = systemClock.setTimeout(fire, milliseconds);
    return {
      cancel() {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  /** Holds back what comes due until disposed. */
  halt(): Disposable {
    const held: (() => void)[] = [];
    this.#held = held;
    return {
      [Symbol.dispose]: () => {
        this.#held = undefined;
        for (const fire of held) fire();
      },
    };
  }
}
