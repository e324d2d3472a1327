import { setTimeout as sleep } from 'node:timers/promises';
import { watchUse, type Watched } from './meter.ts';
import { percentile, rounded } from './numbers.ts';

/** Before it is measured a load is under way so long: connections are warm, and the database tells its counts evenly. */
const RAMP_MS = 1_200;

/** Makes exchanges, the next when the last is done; answers how many these were, 0 where there are no more to make. */
export type Talker = () => Promise<number>;

/** Those who talk at a time. */
export interface Crowd extends AsyncDisposable {
  readonly talkers: readonly Talker[];
}

/** Figures of one load; what is used is for an exchange. */
export interface Load {
  readonly exchangesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serverMicros: number;
  readonly databaseMicros: number;
  readonly machineMicros: number;
  readonly walBytes: number;
  readonly fsyncs: number;
}

/** Keeps everybody busy, and measures in the midst of it. */
export async function keepBusy({ talkers }: Crowd, watched: Watched, seconds: number): Promise<Load> {
  const times: number[] = [];
  let made = 0;
  let running = true;
  const all = Promise.all(
    talkers.map(async (talk) => {
      while (running) {
        const began = performance.now();
        const exchanges = await talk();
        if (exchanges === 0) return;
        made += exchanges;
        times.push(performance.now() - began);
      }
    }),
  );
  try {
    await Promise.race([all, sleep(RAMP_MS)]);
    const useOf = await watchUse(watched);
    const before = { at: performance.now(), made, times: times.length };
    await Promise.race([all, sleep(seconds * 1000)]);
    const use = await useOf();
    const elapsed = (performance.now() - before.at) / 1000;
    const count = made - before.made;
    if (count === 0) throw new Error('nothing was left to be measured');
    const sorted = times.slice(before.times).sort((a, b) => a - b);
    return {
      exchangesPerSecond: Math.round(count / elapsed),
      p50Ms: rounded(percentile(sorted, 0.5), 2),
      p99Ms: rounded(percentile(sorted, 0.99), 2),
      serverMicros: Math.round((use.serverSeconds / count) * 1e6),
      databaseMicros: Math.round((use.databaseSeconds / count) * 1e6),
      machineMicros: Math.round((use.machineSeconds / count) * 1e6),
      walBytes: Math.round(use.walBytes / count),
      fsyncs: rounded(use.fsyncs / count, 2),
    };
  } finally {
    running = false;
    await all;
  }
}
