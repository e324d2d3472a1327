import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { dueCounters, watchDue } from './due-metrics.ts';
import type {
  DatabaseFigures,
  DeliveryOutcome,
  DueFigures,
  LeaseFigures,
  LiveFigures,
  PoolFigures,
  SessionFigures,
} from './figures.ts';
import { liveCalls, liveCounters, liveGauges, type LiveName } from './live-metrics.ts';
import type { PartFigures } from './memory.ts';
import { notices, type Notice } from './notices.ts';
import { Tallies } from './tallies.ts';

/** What Molva counts, in the form Prometheus reads. */
export class Metrics {
  readonly #registry = new Registry();
  #writesWait = (): number => 0;
  /** How often each operation was answered with each status. */
  readonly #calls = new Map<string, Map<number, number>>();
  readonly #seconds: Tallies;

  constructor() {
    const calls = this.#calls;
    collectDefaultMetrics({ register: this.#registry });
    new Counter({
      name: 'molva_http_calls_total',
      help: 'Answered calls by operation and status.',
      labelNames: ['operation', 'status'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [operation, counts] of calls) {
          for (const [status, count] of counts) this.inc({ operation, status }, count);
        }
      },
    });
    this.#seconds = new Tallies({
      name: 'molva_http_call_seconds',
      help: 'Time an operation took.',
      label: 'operation',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10],
      registry: this.#registry,
    });
  }

  /** Counts an answered call. */
  observeCall(operation: string, status: number, seconds: number): void {
    let counts = this.#calls.get(operation);
    if (counts === undefined) this.#calls.set(operation, (counts = new Map()));
    counts.set(status, (counts.get(status) ?? 0) + 1);
    this.#seconds.of(operation).observe(seconds);
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

  /** Counts answered calls of live connections. */
  liveCalls(): ReturnType<typeof liveCalls> {
    return liveCalls(this.#registry);
  }

  /** Shows the figures of the live side. */
  watchLive(figures: () => LiveFigures): void {
    for (const [figure, [name, help]] of Object.entries(liveGauges) as [LiveName, readonly [string, string]][])
      this.#show(name, help, () => figures()[figure]);
    for (const [figure, [name, help]] of Object.entries(liveCounters) as [LiveName, readonly [string, string]][])
      this.#total(name, help, () => figures()[figure]);
    new Counter({
      name: 'molva_live_disconnects_total',
      help: 'Sockets that ended, by the code of their end.',
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
    const { claimed, failed, late, statements } = dueCounters(this.#registry);
    return {
      claimed(kind, lateSeconds) {
        claimed.inc({ kind });
        late.observe({ kind }, lateSeconds);
      },
      failed: (kind) => failed.inc({ kind }),
      statementFailed: (statement) => statements.inc({ statement }),
      watch: (unwritten) =>
        this.#show('molva_due_unwritten_outcomes', 'Outcomes of timers that are not written yet.', unwritten),
    };
  }

  /** Counts what is found in sessions. */
  sessionFigures(): SessionFigures {
    const registers = [this.#registry];
    const disagreed = new Counter({
      name: 'molva_floor_disagreements_total',
      help: 'Sessions read whose documented fields were written by something that does not know their floor.',
      registers,
    });
    const started = new Counter({ name: 'molva_sessions_started_total', help: 'Sessions that began.', registers });
    const closed = new Counter({
      name: 'molva_sessions_closed_total',
      help: 'Sessions that ended, by what ended them.',
      labelNames: ['reason'],
      registers,
    });
    const messages = new Counter({
      name: 'molva_messages_total',
      help: 'Messages that were committed, by who said them.',
      labelNames: ['author'],
      registers,
    });
    const took = new Tallies({
      name: 'molva_step_seconds',
      help: 'Time the parts of an exchange took: reading the session, deciding by its rules and bots, committing.',
      label: 'part',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10],
      registry: this.#registry,
    });
    const parts = { read: took.of('read'), decide: took.of('decide'), commit: took.of('commit') };
    return {
      floorDisagreed: () => disagreed.inc(),
      started: () => started.inc(),
      closed: (reason) => closed.inc({ reason }),
      said: (author, count) => messages.inc({ author }, count),
      writesWait: (count) => (this.#writesWait = count),
      lap() {
        let last = performance.now();
        return (part) => {
          const now = performance.now();
          parts[part].observe((now - last) / 1000);
          last = now;
        };
      },
    };
  }

  /** Counts outgoing calls by how they ended. */
  deliveryCounter(): (outcome: DeliveryOutcome) => void {
    const counter = new Counter({
      name: 'molva_deliveries_total',
      help: 'Tries of outgoing calls of sessions, by how they ended.',
      labelNames: ['outcome'],
      registers: [this.#registry],
    });
    for (const outcome of ['delivered', 'retried', 'given_up'] satisfies DeliveryOutcome[]) counter.inc({ outcome }, 0);
    return (outcome) => counter.inc({ outcome });
  }

  /** Shows the connections to the database, of all pools together. */
  watchPools(figures: () => readonly PoolFigures[]): void {
    const sum = (figure: keyof PoolFigures): number => figures().reduce((all, pool) => all + pool[figure], 0);
    new Gauge({
      name: 'molva_database_connections',
      help: 'Connections to the database, by whether they are in use.',
      labelNames: ['state'],
      registers: [this.#registry],
      collect() {
        for (const state of ['used', 'idle'] as const) this.set({ state }, sum(state));
      },
    });
    const help = 'Statements that wait to be sent, for a connection or behind others.';
    this.#show('molva_database_waiting_statements', help, () => sum('waiting') + this.#writesWait());
  }

  /** Shows how long the timer has been due that has waited longest, in seconds, and how many of each kind wait. */
  watchDue(lag: () => Promise<number>, waiting: () => Promise<ReadonlyMap<string, number>>): void {
    watchDue(this.#registry, lag, waiting);
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
