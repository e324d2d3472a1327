import { Failure } from '../../../platform/failure.ts';
import type { BotState } from './session.ts';

/** Bytes of all that callers and bots keep in a session: its variables, its metadata among them, and its results. */
export const MOST_DATA = 65_536;
/** What a name and its value take beside their own bytes: quotes, a colon, a comma. */
const ENTRY_BYTES = 6;

type Values = Readonly<Record<string, unknown>>;

/** Whether a session may go from one state of its bot to another. What was larger before there was a limit may shrink. */
export function fitsData(before: BotState | null, after: BotState): boolean {
  if (before !== null && before.variables === after.variables && before.results === after.results) return true;
  const size = dataSize(after);
  return size <= MOST_DATA || (before !== null && size <= dataSize(before));
}

/** Throws `data-too-large` where it may not. */
export function checkData(before: BotState | null, after: BotState): void {
  if (!fitsData(before, after)) throw new Failure('data-too-large');
}

/** The same for lists and maps as for their JSON text: a scenario keeps that, a webhook the values. */
function dataSize({ variables, results = {} }: BotState): number {
  return sizeOf(variables) + sizeOf(results);
}

function sizeOf(values: Values): number {
  let size = 0;
  for (const [name, value] of Object.entries(values)) {
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    size += ENTRY_BYTES + Buffer.byteLength(name) + Buffer.byteLength(text);
  }
  return size;
}
