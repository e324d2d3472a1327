import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Counts what timers do, by their kind. */
export function dueCounters(registry: Registry) {
  const registers = [registry];
  const labelNames = ['kind'];
  const claimed = new Counter({
    name: 'molva_due_claimed_total',
    help: 'Timers taken to be run.',
    labelNames,
    registers,
  });
  const failed = new Counter({
    name: 'molva_due_failed_total',
    help: 'Timers whose run failed.',
    labelNames,
    registers,
  });
  const late = new Histogram({
    name: 'molva_due_late_seconds',
    help: 'How long after its instant a timer was taken.',
    labelNames,
    buckets: [0.01, 0.05, 0.1, 0.25, 1, 2.5, 10, 60, 600],
    registers,
  });
  const statements = new Counter({
    name: 'molva_due_statement_failures_total',
    help: 'Statements of the timers that the database did not take.',
    labelNames: ['statement'],
    registers,
  });
  return { claimed, failed, late, statements };
}

/** Shows how long the timer has been due that has waited longest, in seconds, and how many of each kind wait. */
export function watchDue(
  registry: Registry,
  lag: () => Promise<number>,
  waiting: () => Promise<ReadonlyMap<string, number>>,
): void {
  new Gauge({
    name: 'molva_due_lag_seconds',
    help: 'How long the timer has been due that has waited longest; not a number while the database is away.',
    registers: [registry],
    async collect() {
      this.set(await lag().catch(() => Number.NaN));
    },
  });
  new Gauge({
    name: 'molva_due_waiting',
    help: 'Timers that are due and not done, counted up to 10000 of a kind; absent while the database is away.',
    labelNames: ['kind'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const [kind, due] of await waiting().catch(() => new Map<string, number>())) this.set({ kind }, due);
    },
  });
}
