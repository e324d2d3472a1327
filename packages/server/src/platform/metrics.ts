import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Figures of the live side that are shown. */
export interface LiveFigures {
  readonly connections: number;
  readonly subscriptions: number;
  readonly delivered: number;
  readonly framesSent: number;
  /** Channels that wait to be compared with the event log. */
  readonly behind: number;
  /** Events that were read from the log to be delivered. */
  readonly relayed: number;
  /** Readings and deliveries that failed, each tried again. */
  readonly relayFailures: number;
}

const liveFigures = [
  'connections',
  'subscriptions',
  'delivered',
  'framesSent',
  'behind',
  'relayed',
  'relayFailures',
] as const satisfies readonly (keyof LiveFigures)[];

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
    for (const name of liveFigures) {
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

  /** All figures as text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
