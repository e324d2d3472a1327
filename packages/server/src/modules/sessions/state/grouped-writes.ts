import { isRefused } from '../../../platform/breaks.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Queryable } from '../../../platform/database.ts';
import { append, writeOf, type Write } from './append.ts';
import { groupStatement, isUsual, shapeOf } from './append-text.ts';
import type { Draft, DraftPorts } from './draft.ts';

/** Groups come in these sizes: each is a plan of its own on every connection. */
const SIZES = [16, 8, 4, 2] as const;
const FULL = SIZES[0];
/** Statements of steps that may be grouped, under way at a time. */
const MOST_UNDER_WAY = 4;
/** A step does not wait longer than this, in milliseconds, for the statement before it to be done. */
const PATIENCE = 4;

/** A step that waits to be written with others. */
interface Waiting {
  /** Its session. */
  readonly id: string;
  readonly write: Write;
  /** Steps of one shape go in one statement. */
  readonly shape: string;
  readonly settle: (written: boolean) => void;
  readonly fail: (reason: unknown) => void;
}

/** What the writes need. */
interface WritePorts extends DraftPorts {
  readonly database: Queryable;
  readonly clock: Clock;
}

/**
 * The hot write of many sessions at once: steps of different sessions that wait at the same time go as one statement, each
 * guarded by its own version. Where nothing is under way a step goes at once and alone, so that a quiet server waits for
 * nobody. What fails in a group goes alone: nobody has another's error.
 */
export class GroupedWrites {
  readonly #database: Queryable;
  readonly #ports: DraftPorts;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #underWay = 0;
  #hurries = false;

  constructor(ports: WritePorts) {
    this.#database = ports.database;
    this.#clock = ports.clock;
    this.#ports = ports;
  }

  /**
   * Writes a step; false where its session has moved, or is being written by somebody else. `alone` waits for that
   * instead: for a step that was not written in a group.
   */
  write(draft: Draft, alone: boolean): Promise<boolean> {
    const write = writeOf(this.#ports, draft);
    if (alone || !isOwn(draft) || !isUsual(write.counts)) return append(this.#database, write, draft.seat);
    return new Promise((resolve, reject) => {
      const shape = shapeOf(write.columns, write.counts);
      this.#waiting.push({ id: draft.before.id, write, shape, settle: resolve, fail: reject });
      if (this.#underWay === 0 || this.#waiting.length >= FULL) this.#send();
      else this.#hurrySoon();
    });
  }

  /** One statement is under way at a time, so that the next one gathers; one that takes long holds nobody up. */
  #hurrySoon(): void {
    if (this.#hurries) return;
    this.#hurries = true;
    this.#clock.setTimeout(() => {
      this.#hurries = false;
      this.#send();
      if (this.#waiting.length > 0) this.#hurrySoon();
    }, PATIENCE);
  }

  /** Sends the step that waits longest, and those of its shape. */
  #send(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#underWay >= MOST_UNDER_WAY) return;
    const alike = this.#waiting.filter(({ shape }) => shape === first.shape);
    const size = SIZES.find((steps) => steps <= alike.length) ?? 1;
    const group = alike.slice(0, size);
    const sent = new Set(group);
    this.#waiting = this.#waiting.filter((one) => !sent.has(one));
    this.#underWay += 1;
    const done = size === 1 ? this.#alone(first) : this.#together(group);
    void done.then(() => {
      this.#underWay -= 1;
      if (this.#waiting.length >= FULL) this.#send();
      // Whoever hears of his own step now may have the next one ready within this turn of the loop.
      else if (this.#waiting.length > 0) setImmediate(() => this.#send());
    });
  }

  async #together(group: readonly Waiting[]): Promise<void> {
    const [{ write }] = group as readonly [Waiting];
    const statement = groupStatement(write.columns, write.counts, group.length);
    const values = group.flatMap((one) => one.write.values);
    try {
      const rows = await this.#database.query<{ id: string }>(statement, values);
      const moved = new Set(rows.map(({ id }) => id));
      for (const { id, settle } of group) settle(moved.has(id));
    } catch (error) {
      // Where it is open what is written, each asks the database before it goes on.
      if (isRefused(error)) for (const one of group) void this.#alone(one);
      else for (const { fail } of group) fail(error);
    }
  }

  #alone({ write, settle, fail }: Waiting): Promise<void> {
    return append(this.#database, write, null).then(settle, fail);
  }
}

/** Whether a step writes nothing that another session's step may write too: rows that are shared would be waited for. */
function isOwn({ before, seat, change, facts, due }: Draft): boolean {
  return seat === null && change === null && facts.length === 0 && due.every(({ key }) => key === before.id);
}
