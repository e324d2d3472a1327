import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PartFigures } from './memory.ts';
import { notices, type Notice } from './notices.ts';

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
  /** Ended connections by the code of their end; 0 stands for codes of clients' own. */
  readonly disconnects: ReadonlyMap<number, number>;
}

/** Whether this process may run timers. */
export interface LeaseFigures {
  readonly held: boolean;
  /** How often the lease ran out before it was renewed. */
  readonly lapses: number;
}

/** Whether the database is there. */
export interface DatabaseFigures {
  readonly isAway: boolean;
  /** How often it went away. */
  readonly outages: number;
}

/** What timers tell of themselves. */
export interface DueFigures {
  /** A row was taken, so many seconds after it was due. */
  claimed(kind: string, lateSeconds: number): void;
  failed(kind: string): void;
  statementFailed(statement: 'claim' | 'settle'): void;
  /** Shows how many outcomes are not written yet. */
  watch(unwritten: () => number): void;
}

/** What sessions tell of themselves. */
export interface SessionFigures {
  /** A session was read whose documented columns were written beside its floor. */
  floorDisagreed(): void;
}

const liveFigures = [
  'connections',
  'subscriptions',
  'delivered',
  'framesSent',
  'behind',
  'relayed',
  'relayFailures',
] as const satisfies readonly Exclude<keyof LiveFigures, 'disconnects'>[];

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

  /** Counts notices by their kind. */
  noticeCounter(): (notice: Notice) => void {
    const counter = new Counter({
      name: 'molva_notices_total',
      help: 'What happened without anybody seeing it, by its kind.',
      labelNames: ['notice'],
      registers: [this.#registry],
    });
    for (const notice of Object.keys(notices)) counter.inc({ notice }, 0);
    return (notice) => counter.inc({ notice });
  }

  /** Shows the figures of the live side. */
  watchLive(figures: () => LiveFigures): void {
    for (const name of liveFigures) {
      const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      this.#show(`molva_live_${snake}`, `Live ${name}.`, () => figures()[name]);
    }
    new Counter({
      name: 'molva_live_disconnects_total',
      help: 'Ended live connections by code.',
      labelNames: ['code'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [code, count] of figures().disconnects) this.inc({ code }, count);
      },
    });
  }

  /** Counts what timers do. */
  dueFigures(): DueFigures {
    const registers = [this.#registry];
    const labelNames = ['kind'];
    const claimed = new Counter({
      name: 'molva_due_claimed_total',
      help: 'Timers taken to be run.',
      labelNames,
      registers,
    });
    const failed = new Counter({ name: 'molva_due_failed_total', help: 'Runs that failed.', labelNames, registers });
    const late = new Histogram({
      name: 'molva_due_late_seconds',
      help: 'How long after its instant a timer was taken.',
      labelNames,
      buckets: [0.01, 0.05, 0.1, 0.25, 1, 2.5, 10, 60, 600],
      registers,
    });
    const statements = new Counter({
      name: 'molva_due_statement_failures_total',
      help: 'Claims and outcomes the database did not take.',
      labelNames: ['statement'],
      registers,
    });
    return {
      claimed(kind, lateSeconds) {
        claimed.inc({ kind });
        late.observe({ kind }, lateSeconds);
      },
      failed: (kind) => failed.inc({ kind }),
      statementFailed: (statement) => statements.inc({ statement }),
      watch: (unwritten) =>
        this.#show('molva_due_unwritten', 'Outcomes of timers that are not written yet.', unwritten),
    };
  }

  /** Counts what is found in sessions. */
  sessionFigures(): SessionFigures {
    const disagreed = new Counter({
      name: 'molva_floor_disagreements_total',
      help: 'Sessions read whose documented fields were written by something that does not know their floor.',
      registers: [this.#registry],
    });
    return { floorDisagreed: () => disagreed.inc() };
  }

  /** Shows whether this process has its lease: without it no timer runs here. */
  watchLease(figures: () => LeaseFigures): void {
    this.#show('molva_node_lease_held', 'Whether this process may run timers.', () => Number(figures().held));
    this.#total('molva_node_lease_lapses_total', 'Leases that ran out unrenewed.', () => figures().lapses);
  }

  /** Shows how often no file descriptor was left. */
  watchDescriptors(shortages: () => number): void {
    this.#total('molva_descriptor_shortages_total', 'Times no file descriptor was left.', shortages);
  }

  /** Shows whether the database is there; answers who counts connections that broke while nobody used them. */
  watchDatabase(figures: DatabaseFigures): () => void {
    this.#show('molva_database_up', 'Whether the database answers.', () => Number(!figures.isAway));
    this.#total('molva_database_outages_total', 'Times the database went away.', () => figures.outages);
    const broken = new Counter({
      name: 'molva_database_broken_connections_total',
      help: 'Connections that broke while nobody used them.',
      registers: [this.#registry],
    });
    return () => broken.inc();
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

  #show(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }

  #total(name: string, help: string, value: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }

  /** All figures as text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
