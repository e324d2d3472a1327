import type { OperatorRecord, Wish } from '../../sessions/index.ts';

/** Whoever waits in a group, and the group's people, as one look at the database found them. */
export interface Snapshot {
  /** Milliseconds. */
  readonly now: number;
  readonly waiting: readonly Waiting[];
  readonly seats: readonly Seat[];
}

/** A session that waits for a person. */
export interface Waiting {
  readonly session: string;
  readonly version: number;
  /** `placing`: nothing was decided yet; `queue`: it stands in the queue; `help`: nobody was there for it. */
  readonly stage: 'placing' | 'queue' | 'help';
  readonly since: number;
  readonly priority: number;
  readonly wish: Pick<Wish, 'skills' | 'prefer' | 'not'>;
}

/** Where a person of the group stands. */
export interface Seat {
  readonly operator: OperatorRecord;
  readonly epoch: number;
  /** Null: any number of sessions. */
  readonly capacity: number | null;
  readonly load: number;
  /** When it was given a session last, in any unit; 0 where it never was. */
  readonly givenAt: number;
  /** Levels by name. */
  readonly skills: Readonly<Record<string, number>>;
}
