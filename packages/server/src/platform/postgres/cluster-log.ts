import { closeSync, copyFileSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs';

const LIMIT_BYTES = 10 * 1024 * 1024;
/** How much of the end is looked through for what happened. */
const TAIL_BYTES = 64 * 1024;
const LOOK_MS = 600_000;

/** What the embedded server writes: one file, and one of before when it has become too long. */
export class ClusterLog {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    if (this.size > LIMIT_BYTES) renameSync(path, `${path}.1`);
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
      if (this.size <= LIMIT_BYTES) return;
      copyFileSync(this.path, `${this.path}.1`);
      truncateSync(this.path);
    }, LOOK_MS).unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** The last line written since it had a size, without the time and the process; empty where there is none. */
  lastLine(since: number, kind = /./): string {
    const from = Math.max(since, this.size - TAIL_BYTES);
    const tail = Buffer.alloc(Math.max(0, this.size - from));
    const file = openSync(this.path, 'a+');
    try {
      readSync(file, tail, 0, tail.length, from);
    } finally {
      closeSync(file);
    }
    const lines = tail.toString('utf8').trim().split('\n');
    return (lines.findLast((line) => kind.test(line)) ?? '').replace(/^\d{4}-\S+ \S+ \S+ (\[\d+\] )?/, '');
  }
}

/** What a server says before it ends against its will. */
export const LAST_WORDS = /FATAL|PANIC/;
