import { isAway, isRefused, Unsent } from '../../../platform/breaks.ts';
import { systemClock } from '../../../platform/clock.ts';
import type { Queryable } from '../../../platform/database.ts';
import { append, writeOf, type Write } from './append.ts';
import { groupStatement, isUsual, shapeOf } from './append-text.ts';
import type { Draft, DraftPorts, SeatGuard } from './draft.ts';
import { WriteLine, type Waiting } from './write-line.ts';

/** A step that waits to be written with others. */
interface WaitingWrite extends Waiting {
  readonly write: Write;
  readonly seat: SeatGuard | null;
  readonly settle: (written: boolean) => void;
  readonly fail: (reason: unknown) => void;
}

/** How a step is written. */
export interface Manner {
  /** It was not written before, as its session had moved or somebody else was writing it. */
  readonly again: boolean;
  /** Nobody waits for it: it goes behind those that somebody waits for, and never waits for a session's row. */
  readonly unhurried: boolean;
}

/** Steps sent for the first time that may stand at rows of others: with more, the next ones pass those rows over. */
const MOST_STANDING = 4;
/** Steps that are written again, each standing at its row as long as it takes: they leave connections to everybody else. */
const AGAIN = { underWay: 6, atAll: 6 };
/** Statements that nobody waits for: one under way, a second beside one that has shown to be slow, and so on. */
const UNHURRIED = { underWay: 1, atAll: 3 };

/** What the writes need. */
interface WritePorts extends DraftPorts {
  readonly database: Queryable;
}

/**
 * The hot write of many sessions at once: steps of different sessions that wait at the same time go as one statement, each
 * guarded by its own version. What fails in a group goes alone: nobody has another's error.
 */
export class GroupedWrites {
  readonly #database: Queryable;
  readonly #ports: DraftPorts;
  readonly #line: WriteLine<WaitingWrite> = new WriteLine(systemClock, (group) =>
    this.#send(group, this.#line.slow >= MOST_STANDING),
  );
  readonly #again = new WriteLine<WaitingWrite>(systemClock, (group) => this.#send(group, false), { most: AGAIN });
  readonly #unhurried = new WriteLine<WaitingWrite>(systemClock, (group) => this.#send(group, true), {
    most: UNHURRIED,
    before: this.#line,
  });

  constructor(ports: WritePorts) {
    this.#database = ports.database;
    this.#ports = ports;
  }

  /** Steps that wait to be sent. */
  get waiting(): number {
    return this.#line.waiting + this.#again.waiting + this.#unhurried.waiting;
  }

  /**
   * Writes a step; false where its session has moved, or is being written by somebody else. One that is written again
   * goes alone and waits for that, unless nobody waits for it. Throws `Unsent` where too many wait, or for too long.
   */
  write(draft: Draft, manner: Manner): Promise<boolean> {
    const write = writeOf(this.#ports, draft);
    const { before, seat } = draft;
    const groups = isOwn(draft) && isUsual(write.counts);
    const line = this.#lineOf(groups, manner);
    if (line === null) return append(this.#database, write, seat);
    const shape = groups && line !== this.#again ? shapeOf(write.columns, write.counts) : null;
    return new Promise((settle, fail) => {
      const refuse = (reason: string): void => fail(new Unsent(reason, 'writes-crowded'));
      line.add({ id: before.id, write, seat, shape, settle, fail, refuse });
    });
  }

  /** Where a step waits; null where it goes at once, since it goes with no other. */
  #lineOf(groups: boolean, { again, unhurried }: Manner): WriteLine<WaitingWrite> | null {
    if (unhurried) return this.#unhurried;
    if (again) return this.#again;
    return groups ? this.#line : null;
  }

  /** @param passesOver whether also a step that goes alone does not wait for its session's row */
  #send(group: readonly [WaitingWrite, ...WaitingWrite[]], passesOver: boolean): Promise<void> {
    const [first, ...others] = group;
    const alone = others.length === 0 && !(passesOver && first.shape !== null);
    return alone ? this.#alone(first) : this.#together(group);
  }

  async #together(group: readonly [WaitingWrite, ...WaitingWrite[]]): Promise<void> {
    try {
      const [{ write }] = group;
      const statement = groupStatement(write.columns, write.counts, group.length);
      const values = group.flatMap((one) => one.write.values);
      const moved = new Set(await this.#database.texts(statement, values));
      for (const { id, settle } of group) settle(moved.has(id));
    } catch (error) {
      // Where it is open what is written, each asks the database before it goes on; what passes would be met by each again.
      if (isRefused(error) && !isAway(error)) this.#line.again(group.map((one) => ({ ...one, shape: null })));
      else for (const { fail } of group) fail(error);
    }
  }

  #alone({ write, seat, settle, fail }: WaitingWrite): Promise<void> {
    return append(this.#database, write, seat).then(settle, fail);
  }
}

/** Whether a step writes nothing that another session's step may write too: rows that are shared would be waited for. */
function isOwn({ before, seat, change, facts, due }: Draft): boolean {
  return seat === null && change === null && facts.length === 0 && due.every(({ key }) => key === before.id);
}
