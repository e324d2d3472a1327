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

/** A part of an exchange: what is read of the session, what is made up by its rules and bots, what is committed. */
export type StepPart = 'read' | 'decide' | 'commit';

/** What sessions tell of themselves. */
export interface SessionFigures {
  /** A session was read whose documented columns were written beside its floor. */
  floorDisagreed(): void;
  started(): void;
  closed(reason: string): void;
  /** Messages were committed, by who said them. */
  said(authorType: string, messages: number): void;
  /** Shows how many steps wait to be sent to the database. */
  writesWait(count: () => number): void;
  /** Measures the parts of a step, each from the end of the one before. */
  lap(): (part: StepPart) => void;
}

/** How an outgoing call ended: it came through, comes again, or is given up. */
export type DeliveryOutcome = 'delivered' | 'retried' | 'given_up';

/** Connections to the database. */
export interface PoolFigures {
  readonly used: number;
  readonly idle: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
}
