import { isPlacing, type Floor } from '../../state/floor.ts';
import type { Facts, FloorEvent } from './events.ts';
import { refuseOver, same, type Outcome } from './outcome.ts';

/** The columns of the table: the states of a floor, the queue in its two stages. */
export type FloorState = 'bot' | 'placing' | 'queue' | 'help' | 'person' | 'closed';

/** The floor of a state. */
export type FloorOf<S extends FloorState> = S extends 'placing' | 'queue'
  ? Extract<Floor, { at: 'queue' }>
  : Extract<Floor, { at: S }>;

/** The event of a name. */
export type EventOf<E extends FloorEvent['is']> = Extract<FloorEvent, { is: E }>;

/** What an event comes to in a state. */
export type Cell<E extends FloorEvent['is'], S extends FloorState> = (
  floor: FloorOf<S>,
  event: EventOf<E>,
  facts: Facts,
) => Outcome;

/** A row of the table: what an event comes to in every state. */
export type Row<E extends FloorEvent['is']> = { readonly [S in FloorState]: Cell<E, S> };

/** The column a floor stands in. */
export function stateOf(floor: Floor): FloorState {
  return isPlacing(floor) ? 'placing' : floor.at;
}

/** A cell for "nothing". */
export const unmoved = (floor: Floor): Outcome => same(floor);

/** A cell for what is over. */
export const over = (_floor: Floor, _event: FloorEvent, facts: Facts): Outcome => refuseOver(facts);

/** A row in which the states not named do nothing. */
export function elsewhere<E extends FloorEvent['is']>(
  cells: Partial<Row<E>>,
  otherwise: (floor: Floor, event: EventOf<E>, facts: Facts) => Outcome = unmoved,
): Row<E> {
  return {
    bot: otherwise,
    placing: otherwise,
    queue: otherwise,
    help: otherwise,
    person: otherwise,
    closed: otherwise,
    ...cells,
  };
}

/** A row in which whoever waits for a person does the same. */
export function waiting<E extends FloorEvent['is']>(
  cell: (floor: FloorOf<'queue'> | FloorOf<'help'>, event: EventOf<E>, facts: Facts) => Outcome,
): Pick<Row<E>, 'placing' | 'queue' | 'help'> {
  return { placing: cell, queue: cell, help: cell };
}
