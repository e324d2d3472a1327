import { isoInstant } from '../../../platform/instant.ts';
import type { Row } from './column.ts';
import { readFloor, storedPhase, writtenBeside, type FloorRow, type StoredPhase } from './floor-reading.ts';
import type { Documented } from './floor-view.ts';
import type { Floor, Wish } from './floor.ts';
import type { BotMemory, BotState } from './session.ts';

/** What a row keeps of its bot beside its data: the rest of its memory, and where it stands. */
type StoredBot = Pick<BotMemory, 'alone' | 'given' | 'failed'> & StoredPhase & { readonly state: Partial<BotState> };

/** What a row keeps of its bot; the data is null where a build wrote it that kept all in one. */
interface BotColumns {
  readonly stands: StoredBot | null;
  readonly data: Pick<BotState, 'variables' | 'results'> | null;
}

/** The bot's memory of a row. */
export function botOf(row: Row): BotMemory | null {
  const stored = standing(row);
  if (stored === null) return null;
  const { data } = row['bot'] as BotColumns;
  const state = { variables: {}, ...stored.state, ...data };
  return {
    state,
    ...(stored.alone === undefined ? {} : { alone: stored.alone }),
    ...(stored.given === undefined ? {} : { given: stored.given }),
    ...(hasFailed(row, stored) ? { failed: true } : {}),
    ...(data === null ? { inOne: true } : {}),
  };
}

/** Null where the bot was not selected. */
function standing(row: Row): StoredBot | null {
  return (row['bot'] as BotColumns | undefined)?.stands ?? null;
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
  const stored = standing(row);
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

/** What the row keeps of a session's bot beside its data. */
export function storedBot({ bot, floor }: { readonly bot: BotMemory | null; readonly floor: Floor }): string | null {
  if (bot === null) return null;
  const { variables: _variables, results: _results, ...state } = bot.state;
  return JSON.stringify({
    state,
    ...(bot.alone === undefined ? {} : { alone: bot.alone }),
    ...(bot.given === undefined ? {} : { given: bot.given }),
    ...(bot.failed === true ? { failed: true } : {}),
    ...storedPhase(floor.at === 'bot' ? floor.phase : { is: 'waiting', deadline: null }),
  });
}

/** The data of a session's bot. */
export function storedData({ bot }: { readonly bot: BotMemory | null }): string | null {
  return bot && JSON.stringify({ variables: bot.state.variables, results: bot.state.results });
}

/** Whether the data of a session's bot changed: turns leave what they do not change the very same. */
export function dataMoved(
  { bot: before }: { readonly bot: BotMemory | null },
  { bot: after }: { readonly bot: BotMemory | null },
): boolean {
  if (before?.inOne === true) return true;
  return before?.state.variables !== after?.state.variables || before?.state.results !== after?.state.results;
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
