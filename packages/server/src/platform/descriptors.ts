import { close, open } from 'node:fs';
import type { Clock, Timer } from './clock.ts';
import type { Log } from './log.ts';

/** How often it is looked whether there is a descriptor left. */
const LOOK_MS = 2_000;
const NONE_LEFT = new Set(['EMFILE', 'ENFILE']);

/**
 * Says when the process may open nothing more: the platform closes connections that come then, and tells nobody. One line
 * when it begins and one when it is over.
 */
export class Descriptors implements Disposable {
  readonly #clock: Clock;
  readonly #log: Log;
  #shortages = 0;
  #short = false;
  #timer: Timer | undefined;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
    this.#lookLater();
  }

  /** How often there was none left. */
  get shortages(): number {
    return this.#shortages;
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }

  #lookLater(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#lookLater();
      open('/', 'r', (error, descriptor) => {
        if (error === null) close(descriptor);
        this.#saw(NONE_LEFT.has(error?.code ?? ''));
      });
    }, LOOK_MS);
  }

  #saw(short: boolean): void {
    if (short === this.#short) return;
    this.#short = short;
    if (!short) return this.#log.warn('there are file descriptors again: connections are taken');
    this.#shortages++;
    this.#log.error(
      'no file descriptors are left: new connections are closed. Raise the limit of open files (ulimit -n)',
    );
  }
}
