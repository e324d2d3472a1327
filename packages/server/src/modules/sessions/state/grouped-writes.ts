import { isAway, isRefused, Unsent } from '../../../platform/breaks.ts';
import { systemClock } from '../../../platform/clock.ts';
import type { Queryable } from '../../../platform/database.ts';
import { append, writeOf, type Write } from './append.ts';
import { groupStatement, isUsual, shapeOf } from './append-text.ts';
import type { Draft, DraftPorts } from './draft.ts';
import { WriteLine, type Waiting } from './write-line.ts';

/** A step that waits to be written with others. */
interface WaitingWrite extends Waiting {
  readonly write: Write;
  readonly settle: (written: boolean) => void;
  readonly fail: (reason: unknown) => void;
}

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
  readonly #line = new WriteLine<WaitingWrite>(systemClock, ([first, ...others]) =>
    others.length === 0 ? this.#alone(first) : this.#together([first, ...others]),
  );

  constructor(ports: WritePorts) {
    this.#database = ports.database;
    this.#ports = ports;
  }

  /** Steps that wait to be sent. */
  get waiting(): number {
    return this.#line.waiting;
  }

  /**
   * Writes a step; false where its session has moved, or is being written by somebody else. `alone` waits for that
   * instead: for a step that was not written in a group. Throws `Unsent` where too many wait, or for too long.
   */
  write(draft: Draft, alone: boolean): Promise<boolean> {
    const write = writeOf(this.#ports, draft);
    if (alone || !isOwn(draft) || !isUsual(write.counts)) return append(this.#database, write, draft.seat);
    return new Promise((settle, fail) => {
      const refuse = (reason: string): void => fail(new Unsent(reason, 'writes-crowded'));
      this.#line.add({ id: draft.before.id, write, shape: shapeOf(write.columns, write.counts), settle, fail, refuse });
    });
  }

  async #together(group: readonly [WaitingWrite, ...WaitingWrite[]]): Promise<void> {
    try {
      const [{ write }] = group;
      const statement = groupStatement(write.columns, write.counts, group.length);
      const values = group.flatMap((one) => one.write.values);
      const rows = await this.#database.query<{ id: string }>(statement, values);
      const moved = new Set(rows.map(({ id }) => id));
      for (const { id, settle } of group) settle(moved.has(id));
    } catch (error) {
      // Where it is open what is written, each asks the database before it goes on; what passes would be met by each again.
      if (isRefused(error) && !isAway(error)) this.#line.again(group.map((one) => ({ ...one, shape: null })));
      else for (const { fail } of group) fail(error);
    }
  }

  #alone({ write, settle, fail }: WaitingWrite): Promise<void> {
    return append(this.#database, write, null).then(settle, fail);
  }
}

/** Whether a step writes nothing that another session's step may write too: rows that are shared would be waited for. */
function isOwn({ before, seat, change, facts, due }: Draft): boolean {
  return seat === null && change === null && facts.length === 0 && due.every(({ key }) => key === before.id);
}
