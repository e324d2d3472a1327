import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PartFigures } from './memory.ts';

/** Figures of the live side that are shown. */
interface LiveFigures {
  readonly connections: number;
  readonly subscriptions: number;
  readonly delivered: number;
  readonly framesSent: number;
}

/** What Molva counts, in the form Prometheus reads. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #calls: Counter;
  readonly #seconds: Histogram;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#calls = new Counter({
      name: 'molva_http_calls_total',
      help: 'Answered calls by operation and status.',
      labelNames: ['operation', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'molva_http_call_seconds',
      help: 'Time an operation took.',
      labelNames: ['operation'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10],
      registers,
    });
  }

  /** Counts an answered call. */
  observeCall(operation: string, status: number, seconds: number): void {
    this.#calls.inc({ operation, status });
    this.#seconds.observe({ operation }, seconds);
  }

  /** Shows the figures of the live side. */
  watchLive(figures: () => LiveFigures): void {
    for (const name of ['connections', 'subscriptions', 'delivered', 'framesSent'] as const) {
      new Gauge({
        name: `molva_live_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
        help: `Live ${name}.`,
        registers: [this.#registry],
        collect() {
          this.set(figures()[name]);
        },
      });
    }
  }

  /** Shows what is kept in memory, by its parts. */
  watchMemory(figures: () => readonly PartFigures[]): void {
    const registers = [this.#registry];
    const labelNames = ['part'];
    const counted = { hits: 'Values found in memory.', misses: 'Values that had to be read.' } as const;
    for (const [name, help] of Object.entries(counted) as [keyof typeof counted, string][]) {
      new Counter({
        name: `molva_memory_${name}_total`,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          for (const part of figures()) this.inc({ part: part.name }, part[name]);
        },
      });
    }
    const held = { entries: 'Values in memory.', bytes: 'Bytes of memory, about.' } as const;
    for (const [name, help] of Object.entries(held) as [keyof typeof held, string][]) {
      new Gauge({
        name: `molva_memory_${name}`,
        help,
        labelNames,
        registers,
        collect() {
          for (const part of figures()) this.set({ part: part.name }, part[name]);
        },
      });
    }
  }

  /** All figures as text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
