import { systemClock, type Clock, type Elapsed, type Timer } from './clock.ts';
import { openDatabase, type Database, type DatabaseConnection, type DatabaseWatch } from './database.ts';
import { DueBacklog } from './due-backlog.ts';
import { DueOutcomes, nameOf } from './due-outcomes.ts';
import { DuePace } from './due-pace.ts';
import { claimDue, countDue, oldestDue, wishDue, type ClaimedRow, type ClaimRequest } from './due-rows.ts';
import { isoInstant } from './instant.ts';
import { tellLack } from './lacks.ts';
import { faultLevel, type Log } from './log.ts';
import type { Notices } from './notices.ts';
import type { DueFigures } from './figures.ts';
import { NodeLease, type NodeIdentity } from './node-lease.ts';

/** What is known of a wish when it is due: the version of the session's commit that made it, null where none did. */
export interface DueWish {
  readonly version: number | null;
}

/** Does what is due for a key; answers when to come again (epoch milliseconds), or null when there is nothing more. */
export type DueHandler = (key: string, wish: DueWish) => Promise<number | null>;

/** How often rows that this node was not told of are looked for. */
const SWEEP_MS = 1_000;
/** How soon it looks again where other nodes were faster. */
const CONTENDED_MS = 20;
/** Runs of a kind at a time, where its handler says nothing else. */
const AT_ONCE = 64;
/** How much of that one company may have, so that there is room for the next one whatever the first does. */
const SHARE = 0.75;
const LONGEST_WAIT_MS = 60_000;
/** A statement of the timers ends within this, or fails; shorter than the time a lease is trusted without renewal. */
const STATEMENT_MS = 3_000;
/** A claim, outcomes and a renewal at a time. */
const CONNECTIONS = 3;

/** How much of a kind is done at a time. */
export interface DueShare {
  readonly atOnce?: number;
  /** Nobody waits for it: behind each turn there is a rest for as long as it took. */
  readonly rests?: boolean;
}

interface Kind {
  readonly handler: DueHandler;
  readonly atOnce: number;
  readonly pace: DuePace | undefined;
  /** Claimed and not yet settled, by the key. */
  readonly known: Map<string, ClaimedRow>;
}

/** What a runner needs. */
export interface DuePorts {
  /** One whose statements have a limit: what hangs would stop the clock. */
  readonly database: Database;
  readonly clock: Clock & Elapsed;
  readonly log: Log;
  readonly lease: Pick<NodeLease, 'fence' | 'mayClaim' | 'mayTakeOver'>;
  readonly figures?: DueFigures;
  readonly notices?: Pick<Notices, 'tell'>;
}

/**
 * Timers as rows. Any node picks up what is due, and a key is run by one at a time; what a node held is free when its
 * lease is over or its successor starts, so handlers look at the state of things first and may run twice.
 */
export class DueRunner implements AsyncDisposable {
  readonly #ports: DuePorts;
  readonly #kinds = new Map<string, Kind>();
  readonly #running = new Set<Promise<void>>();
  readonly #outcomes: DueOutcomes;
  readonly #backlog: DueBacklog;
  /** Kinds of which more is due than was taken. */
  #crowded: ReadonlySet<string> = new Set();
  #wakeAt = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #sweeping = false;
  #sweepAgain = false;
  #stopped = true;

  constructor(ports: DuePorts) {
    const { clock, database, log, figures } = ports;
    this.#ports = ports;
    this.#backlog = new DueBacklog(
      clock,
      log,
      async (kind) => (await countDue(database, [kind], clock.now()))[0]?.due ?? 0,
    );
    this.#outcomes = new DueOutcomes({
      database,
      clock,
      settled: ({ row, next }, wished) => {
        const kind = this.#kinds.get(row.kind);
        kind?.known.delete(nameOf(row));
        kind?.pace?.settled(nameOf(row));
        // A kind that rests is looked for behind its rest.
        const crowded = kind?.pace === undefined && this.#crowded.has(row.kind);
        const again = wished || crowded ? clock.now() : next;
        if (again !== null) this.#schedule(again);
      },
      failed: (error, unwritten) => {
        figures?.statementFailed('settle');
        log[faultLevel(error, 'error')](
          { error, unwritten },
          'what became of timers cannot be written and is kept until it can',
        );
      },
    });
    figures?.watch(() => this.#outcomes.unwritten);
  }

  /** Names who does the work of a kind, and how much of it at a time. Other kinds are left to those who know them. */
  handle(kind: string, handler: DueHandler, { atOnce = AT_ONCE, rests = false }: DueShare = {}): void {
    const pace = rests ? new DuePace(this.#ports.clock, () => this.hint(this.#ports.clock.now())) : undefined;
    this.#kinds.set(kind, { handler, atOnce, pace, known: new Map() });
  }

  /** Begins to pick up rows. */
  start(): void {
    this.#stopped = false;
    this.#schedule(this.#ports.clock.now());
  }

  /** Wishes for a run; an earlier wish for the same key stays. */
  async at(kind: string, key: string, due: number): Promise<void> {
    await wishDue(this.#ports.database, { kind, key }, due);
    this.hint(due);
  }

  /** Says that a row with this instant was written by somebody else's statement. */
  hint(due: number): void {
    this.#schedule(due);
  }

  /** Milliseconds since the row was due that has waited longest; 0 where none waits. */
  async lag(): Promise<number> {
    const oldest = await oldestDue(this.#ports.database, [...this.#kinds.keys()]);
    return oldest === null ? 0 : Math.max(0, this.#ports.clock.now() - oldest);
  }

  /** How many rows of each kind are due, those that are being run among them; counted up to ten thousand. */
  async waiting(): Promise<ReadonlyMap<string, number>> {
    const counted = await countDue(this.#ports.database, [...this.#kinds.keys()], this.#ports.clock.now());
    return new Map(counted.map(({ kind, due }) => [kind, due]));
  }

  /** Picks up nothing more: what is due is left to whoever starts next. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    // What was claimed meanwhile is run while there is a database to write to.
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    await this.#outcomes.drain();
  }

  #schedule(at: number): void {
    if (this.#stopped || at >= this.#wakeAt) return;
    const { clock } = this.#ports;
    this.#wakeAt = at;
    this.#timer?.cancel();
    // A timer may fire a millisecond before the clock says so: what is due then would wait for the next sweep. An instant
    // from before the clock was set back would keep all waiting for it.
    const wait = Math.min(Math.max(0, at - clock.now() + 1), SWEEP_MS);
    this.#timer = clock.setTimeout(() => this.#track(this.#sweep()), wait);
  }

  async #sweep(): Promise<void> {
    const { clock, log, figures, lease } = this.#ports;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    if (this.#stopped) return;
    if (this.#sweeping) {
      this.#sweepAgain = true;
      return;
    }
    this.#sweeping = true;
    try {
      if (lease.mayClaim) await this.#claim();
    } catch (error) {
      figures?.statementFailed('claim');
      log[faultLevel(error, 'error')]({ error }, 'timers cannot be read');
    } finally {
      this.#sweeping = false;
      this.#schedule(clock.now() + (this.#sweepAgain ? 0 : SWEEP_MS));
      this.#sweepAgain = false;
    }
  }

  async #claim(): Promise<void> {
    const { clock, database, figures, lease } = this.#ports;
    const room: ClaimRequest['room'][number][] = [];
    const full: string[] = [];
    for (const [kind, { atOnce, known, pace }] of this.#kinds) {
      if (pace?.waits === true) {
        if (this.#crowded.has(kind)) full.push(kind);
        continue;
      }
      const free = atOnce - known.size;
      const share = Math.max(1, Math.floor(atOnce * SHARE));
      if (free > 0) room.push({ kind, free, share, inTurns: this.#crowded.has(kind) });
      else full.push(kind);
    }
    const now = clock.now();
    const { rows, crowded } = await claimDue(database, {
      now,
      fence: lease.fence,
      takesOver: lease.mayTakeOver,
      room,
      known: [...this.#kinds.values()].flatMap(({ known }) => [...known.values()]),
    });
    this.#crowded = new Set([...full, ...crowded]);
    for (const row of rows) {
      figures?.claimed(row.kind, Math.max(0, now - row.dueAt) / 1000);
      this.#track(this.#run(row));
    }
    for (const { kind } of room) this.#noteClaimed(kind, rows, now);
    // Others took what was seen here: there is more behind it.
    if (room.some(({ kind, share }) => this.#crowded.has(kind) && (this.#kinds.get(kind)?.known.size ?? 0) < share)) {
      this.#schedule(now + CONTENDED_MS);
    }
  }

  #noteClaimed(kind: string, claimed: readonly ClaimedRow[], now: number): void {
    const rows = claimed.filter((row) => row.kind === kind);
    this.#kinds.get(kind)?.pace?.took(rows.map(nameOf));
    const oldest = Math.min(now, ...rows.map(({ dueAt }) => dueAt));
    this.#backlog.claimed(kind, rows.length, now - oldest, this.#crowded.has(kind));
  }

  #track(run: Promise<void>): void {
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
  }

  async #run(row: ClaimedRow): Promise<void> {
    const { clock, log, figures, notices } = this.#ports;
    const kind = this.#kinds.get(row.kind);
    if (kind === undefined) return;
    kind.known.set(nameOf(row), row);
    try {
      const next = await kind.handler(row.key, { version: row.version });
      // An answer that is no instant is a failure of the handler like any other.
      if (next !== null) isoInstant(next);
      this.#outcomes.add({ row, next, failed: false });
    } catch (error) {
      const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** row.attempts);
      figures?.failed(row.kind);
      if (notices !== undefined) tellLack(notices, error, { kind: row.kind });
      log[faultLevel(error, 'error')](
        { error, kind: row.kind, attempts: row.attempts, wait },
        'a timer failed and is tried again',
      );
      this.#outcomes.add({ row, next: clock.now() + wait, failed: true });
    }
  }
}

/** What the timers of a process need. */
export interface TimerOptions {
  readonly connection: DatabaseConnection;
  readonly watch: DatabaseWatch;
  readonly clock: Clock & Elapsed;
  readonly log: Log;
  readonly node: NodeIdentity;
  readonly figures: DueFigures;
  readonly notices: Notices;
  /** A connection broke that nobody used. */
  readonly onBroken: (error: Error) => void;
}

/** The timers of a process. */
export interface Timers {
  readonly due: DueRunner;
  readonly lease: NodeLease;
}

/** Opens a runner with a lease and connections of its own, so that nothing else keeps it waiting. */
export async function openDueRunner(options: TimerOptions): Promise<AsyncDisposable & Timers> {
  const { connection, watch, clock, log, node, figures, notices, onBroken } = options;
  await using opened = new AsyncDisposableStack();
  const database = opened.use(
    openDatabase(connection, CONNECTIONS, onBroken, { limit: STATEMENT_MS, watch, byIndex: true }),
  );
  const lease = opened.use(await NodeLease.take(database, systemClock, log, node));
  const due = opened.use(new DueRunner({ database, clock, log, lease, figures, notices }));
  const kept = opened.move();
  return { due, lease, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
