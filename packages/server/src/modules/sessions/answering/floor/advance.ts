import type { Floor } from '../../state/floor.ts';
import { botRows } from './bot-rows.ts';
import { stateOf, type Cell, type FloorState, type Row } from './cells.ts';
import type { Facts, FloorEvent } from './events.ts';
import type { Outcome } from './outcome.ts';
import { peopleRows } from './people-rows.ts';
import { waitingRows } from './waiting-rows.ts';

/** The whole table: every event in every state. A cell that is forgotten does not compile. */
export const table: { readonly [E in FloorEvent['is']]: Row<E> } = { ...botRows, ...peopleRows, ...waitingRows };

/** What an event comes to, by the table. Pure: the same floor, event and facts come to the same. */
export function advance(floor: Floor, event: FloorEvent, facts: Facts): Outcome {
  const cell = table[event.is][stateOf(floor)] as Cell<FloorEvent['is'], FloorState>;
  return cell(floor as never, event as never, facts);
}
