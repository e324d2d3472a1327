import type { MolvaError } from '../errors.ts';

/** Where the connection of a chat stands; see SPEC.md beside this file. */
export type ConnectionState =
  | { readonly name: 'idle' }
  | { readonly name: 'starting'; readonly attempt: number }
  | { readonly name: 'waiting'; readonly attempt: number; readonly error: MolvaError }
  | { readonly name: 'connecting' }
  | { readonly name: 'catchingUp' }
  | { readonly name: 'live' }
  | { readonly name: 'closed' }
  | { readonly name: 'failed'; readonly error: MolvaError }
  | { readonly name: 'stopped' };
/** Name of a state. */
export type StateName = ConnectionState['name'];

/** What happens to a connection. */
export type ConnectionEvent =
  | { readonly type: 'start' }
  | { readonly type: 'started' }
  | { readonly type: 'startUnreachable'; readonly error: MolvaError }
  | { readonly type: 'startRefused'; readonly error: MolvaError }
  | { readonly type: 'retryDue' }
  | { readonly type: 'socketUp' }
  | { readonly type: 'socketDown' }
  | { readonly type: 'socketRefused'; readonly error: MolvaError }
  | { readonly type: 'caughtUp' }
  | { readonly type: 'gapSeen' }
  | { readonly type: 'sessionClosed' }
  | { readonly type: 'stop' };
/** Name of an event. */
export type EventType = ConnectionEvent['type'];

/** What is to be done after a transition, in order. */
export type Command =
  | { readonly type: 'callStart' }
  | { readonly type: 'scheduleRetry'; readonly attempt: number; readonly error: MolvaError }
  | { readonly type: 'cancelRetry' }
  | { readonly type: 'openSocket' }
  | { readonly type: 'closeSocket' }
  | { readonly type: 'catchUp' };

/** A transition's outcome. */
export interface Transition {
  readonly state: ConnectionState;
  readonly commands: readonly Command[];
}

type StateOf<N extends StateName> = Extract<ConnectionState, { name: N }>;
type EventOf<T extends EventType> = Extract<ConnectionEvent, { type: T }>;
/** `null`: the event changes nothing here. */
type Cell<N extends StateName, T extends EventType> =
  | null
  | ((state: StateOf<N>, event: EventOf<T>) => readonly [ConnectionState, ...Command[]]);

const begin = (): readonly [ConnectionState, ...Command[]] => [{ name: 'starting', attempt: 0 }, { type: 'callStart' }];
const leave = (): readonly [ConnectionState, ...Command[]] => [{ name: 'stopped' }];
const hangUp = (): readonly [ConnectionState, ...Command[]] => [{ name: 'stopped' }, { type: 'closeSocket' }];
const close = (): readonly [ConnectionState, ...Command[]] => [{ name: 'closed' }, { type: 'closeSocket' }];
const reconnect = (): readonly [ConnectionState, ...Command[]] => [{ name: 'connecting' }];
const catchUp = (): readonly [ConnectionState, ...Command[]] => [{ name: 'catchingUp' }, { type: 'catchUp' }];
const refuse = (_: unknown, event: { error: MolvaError }): readonly [ConnectionState, ...Command[]] => [
  { name: 'failed', error: event.error },
  { type: 'closeSocket' },
];

const nothing = {
  start: null,
  started: null,
  startUnreachable: null,
  startRefused: null,
  retryDue: null,
  socketUp: null,
  socketDown: null,
  socketRefused: null,
  caughtUp: null,
  gapSeen: null,
  sessionClosed: null,
  stop: null,
} as const;

/** Every state with every event. */
const table: { readonly [N in StateName]: { readonly [T in EventType]: Cell<N, T> } } = {
  idle: { ...nothing, start: begin, stop: leave },
  starting: {
    ...nothing,
    started: () => [{ name: 'connecting' }, { type: 'openSocket' }],
    startUnreachable: ({ attempt }, { error }) => [
      { name: 'waiting', attempt, error },
      { type: 'scheduleRetry', attempt, error },
    ],
    startRefused: (_, { error }) => [{ name: 'failed', error }],
    stop: leave,
  },
  waiting: {
    ...nothing,
    start: ({ attempt }) => [
      { name: 'starting', attempt: attempt + 1 },
      { type: 'cancelRetry' },
      { type: 'callStart' },
    ],
    retryDue: ({ attempt }) => [{ name: 'starting', attempt: attempt + 1 }, { type: 'callStart' }],
    stop: () => [{ name: 'stopped' }, { type: 'cancelRetry' }],
  },
  connecting: { ...nothing, socketUp: catchUp, socketRefused: refuse, sessionClosed: close, stop: hangUp },
  catchingUp: {
    ...nothing,
    socketUp: catchUp,
    socketDown: reconnect,
    socketRefused: refuse,
    caughtUp: () => [{ name: 'live' }],
    sessionClosed: close,
    stop: hangUp,
  },
  live: {
    ...nothing,
    socketUp: catchUp,
    socketDown: reconnect,
    socketRefused: refuse,
    gapSeen: catchUp,
    sessionClosed: close,
    stop: hangUp,
  },
  closed: { ...nothing, start: begin, stop: leave },
  failed: { ...nothing, start: begin, stop: leave },
  stopped: { ...nothing, start: begin },
};

/** The next state and what to do; the same state object where nothing changes. */
export function transition(state: ConnectionState, event: ConnectionEvent): Transition {
  const row = table[state.name] as { [T in EventType]: Cell<StateName, T> };
  const cell = row[event.type] as Cell<StateName, EventType>;
  if (cell === null) return { state, commands: [] };
  const [next, ...commands] = (
    cell as (state: ConnectionState, event: ConnectionEvent) => readonly [ConnectionState, ...Command[]]
  )(state, event);
  return { state: next, commands };
}
