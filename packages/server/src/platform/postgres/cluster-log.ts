import { closeSync, copyFileSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs';

/** How long the file may become, and how often that is looked at. */
const LIMITS = { bytes: 10 * 1024 * 1024, look: 600_000 };
/** How much of the end is looked through for what happened. */
const TAIL_BYTES = 64 * 1024;

/** What the embedded server writes: one file, and one of before when it has become too long. */
export class ClusterLog {
  readonly path: string;

  readonly #limits: typeof LIMITS;

  constructor(path: string, limits = LIMITS) {
    this.path = path;
    this.#limits = limits;
    if (this.size > limits.bytes) renameSync(path, `${path}.1`);
  }

  /** Bytes written so far: what is longer than it was has said something. */
  get size(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Opens it for a server to write to; the caller closes it. */
  open(): number {
    return openSync(this.path, 'a', 0o600);
  }

  /** Looks after its length from time to time while a server writes, which appends and needs not be told. */
  watch(): Disposable {
    const timer = setInterval(() => {
      if (this.size > this.#limits.bytes) this.#shorten();
    }, this.#limits.look).unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** Where there is no room for a copy, or nothing can be opened, the copy goes without and the process stays. */
  #shorten(): void {
    for (const step of [() => copyFileSync(this.path, `${this.path}.1`), () => truncateSync(this.path)]) {
      try {
        step();
      } catch {
        continue;
      }
    }
  }

  /** The last line written since it had a size, without the time and the process; empty where there is none, or none can be read. */
  lastLine(since: number, kind = /./): string {
    const lines = this.#tail(since).trim().split('\n');
    return (lines.findLast((line) => kind.test(line)) ?? '').replace(/^\d{4}-\S+ \S+ \S+ (\[\d+\] )?/, '');
  }

  #tail(since: number): string {
    try {
      const { size } = this;
      // Shortened meanwhile, all of it is new.
      const from = Math.max(since <= size ? since : 0, size - TAIL_BYTES);
      const tail = Buffer.alloc(size - from);
      const file = openSync(this.path, 'r');
      try {
        readSync(file, tail, 0, tail.length, from);
      } finally {
        closeSync(file);
      }
      return tail.toString('utf8');
    } catch {
      return '';
    }
  }
}

/** What a server says before it ends against its will. */
export const LAST_WORDS = /FATAL|PANIC/;
