import { isoInstant } from '../../../platform/instant.ts';
import type { Row } from './column.ts';
import { readFloor, storedPhase, writtenBeside, type FloorRow, type StoredPhase } from './floor-reading.ts';
import type { Documented } from './floor-view.ts';
import type { Floor, Wish } from './floor.ts';
import type { BotMemory } from './session.ts';

/** What a row keeps of its bot: its memory, and where it stands, in a shape that every build has read. */
type StoredBot = BotMemory & StoredPhase;

/** The bot's memory of a row. */
export function botOf(row: Row): BotMemory | null {
  const stored = (row['bot'] ?? null) as StoredBot | null;
  return stored && { state: stored.state, ...(hasFailed(row, stored) ? { failed: true } : {}) };
}

/** Builds before the floor kept it in the documented column alone. */
function hasFailed(row: Row, stored: StoredBot | null): boolean {
  return stored?.failed === true || row['botStatus'] === 'ERROR';
}

/** The floor of a row; where the bot's memory was not selected, a bot waits. */
export function floorOf(row: Row): Floor {
  return readFloor(floorRow(row), instantOf(row));
}

/** Whether somebody who does not know the floor wrote the documented columns of a row beside it. */
export function floorDisagrees(row: Row): boolean {
  return writtenBeside(floorRow(row), instantOf(row));
}

function floorRow(row: Row): FloorRow {
  const stored = (row['bot'] ?? null) as StoredBot | null;
  return {
    documented: row as unknown as Documented,
    dialog: row['chatId'] === null,
    phase: stored,
    failed: hasFailed(row, stored),
    floor: row['floor'] as Floor | null,
  };
}

function instantOf(row: Row): number {
  return (row['lastMessageAt'] ?? row['startedAt']) as number;
}

/** What the row keeps of a session's bot. */
export function storedBot({ bot, floor }: { readonly bot: BotMemory | null; readonly floor: Floor }): string | null {
  if (bot === null) return null;
  return JSON.stringify({
    ...bot,
    ...storedPhase(floor.at === 'bot' ? floor.phase : { is: 'waiting', deadline: null }),
  });
}

/** What the row keeps of a floor: all but the phase of a bot, which every message changes. */
export function storedFloor({ floor }: { readonly floor: Floor }): string {
  if (floor.at !== 'bot') return JSON.stringify(floor);
  const { phase: _phase, ...kept } = floor;
  return JSON.stringify(kept);
}

/** Whether what the row keeps of a floor changed. */
export function floorMoved(
  { floor: before }: { readonly floor: Floor },
  { floor: after }: { readonly floor: Floor },
): boolean {
  if (before.at !== 'bot' || after.at !== 'bot') return before !== after;
  const { bot, since, role, wish } = before;
  return bot !== after.bot || since !== after.since || role !== after.role || wish !== after.wish;
}

/** The wish of a floor that waits for a person. */
function waitingWish(floor: Floor): Wish | null {
  return floor.at === 'queue' || floor.at === 'help' ? floor.wish : null;
}

/** Since when it waits for a person. */
export function waitsSince({ floor }: { readonly floor: Floor }): string | null {
  const wish = waitingWish(floor);
  return wish && isoInstant(wish.since);
}

/** The group it waits in. */
export function waitsIn({ floor }: { readonly floor: Floor }): string | null {
  return waitingWish(floor)?.group ?? null;
}

/** How urgently it waits. */
export function priorityOf({ floor }: { readonly floor: Floor }): number {
  return waitingWish(floor)?.priority ?? 0;
}
