import { folded, phonesIn } from '../../../platform/folded.ts';
import type { HotSession } from './session.ts';

/** Characters of the runs that the index knows (the function `molva_runs`). */
const RUN = 3;
/** More runs than this find nothing more. */
const MOST_RUNS = 8;
/** Beginnings of UUIDs that are shorter find too many. */
const SHORTEST_BEGINNING = 4;

/**
 * What a session is found by, folded: its name, its client's number in the messenger, and the numbers of telephones as
 * digits where there are any; one a line.
 */
export function searchText({ name, options }: Pick<HotSession, 'name' | 'options'>): string {
  const lines = [name, options.messengerUserId ?? ''].map(folded);
  const phones = phonesIn([...lines, options.clientPhone ?? '']);
  return [...lines, ...(phones.length === 0 ? [] : [phones.join(' ')])].join('\n');
}

/** A text as somebody looks for it: blanks around it do not count. */
export function sought(text: string): string {
  return folded(text).trim();
}

/**
 * What every session of a company with one of some texts in it has in the index, as a `tsquery`: the runs of three
 * characters of the text, or a run that begins with a text that is shorter. The company is a run among them, which no
 * text has.
 * @param texts folded
 */
export function runsQuery(companyId: number, texts: readonly string[]): string {
  return `${quoted(`\n\n${companyId}`)} & (${texts.map((text) => runsOf(text).join(' & ')).join(' | ')})`;
}

function runsOf(text: string): string[] {
  const characters = Array.from(text);
  const last = Math.max(0, characters.length - RUN);
  // Of a long text the runs that follow one another at even distances, the last one at its end.
  const places = Math.min(last + 1, MOST_RUNS);
  const runs = Array.from({ length: places }, (_, place) => {
    const at = places === 1 ? 0 : Math.round((place * last) / (places - 1));
    return characters.slice(at, at + RUN).join('');
  });
  const short = characters.length < RUN ? ':*' : '';
  return [...new Set(runs)].map((run) => `${quoted(run)}${short}`);
}

function quoted(run: string): string {
  return `'${run.replaceAll(/['\\]/g, String.raw`$&$&`)}'`;
}

/** The first and the last UUID that begin with a text; undefined where none does. */
export function uuidRange(text: string): { first: string; last: string } | undefined {
  const digits = text.toLowerCase().replaceAll('-', '');
  if (digits.length < SHORTEST_BEGINNING || !/^[0-9a-f]{1,32}$/.test(digits)) return undefined;
  if (text.includes('-') && !uuid(digits.padEnd(32, '0')).startsWith(text.toLowerCase())) return undefined;
  return { first: uuid(digits.padEnd(32, '0')), last: uuid(digits.padEnd(32, 'f')) };
}

function uuid(digits: string): string {
  const parts = [[0, 8], [8, 12], [12, 16], [16, 20], [20]].map(([from, to]) => digits.slice(from, to));
  return parts.join('-');
}
