/**
 * Where a text is that no database can store: a NUL, or half of a surrogate pair. The path is that of the field, `''`
 * for the value itself; undefined where every text is whole.
 */
export function brokenTextIn(value: unknown, at = ''): string | undefined {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? at : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const path = at === '' ? name : `${at}.${name}`;
    const broken = brokenTextIn(name, at) ?? brokenTextIn(inner, path);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

/** A text without what no database can store: NULs are left out, and halves of surrogate pairs replaced. */
export function wholeText(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/** What is said of a field with such a text. */
export const BROKEN_TEXT = 'must be well-formed text without the character U+0000';

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** What looks like one character may be any number of them: of a longer one a part is kept. */
export const LONGEST_GRAPHEME = 64;

/** The beginning of a text, at most so many UTF-16 code units: whole characters as people see them. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  if (standsAlone(text, longest)) return text.slice(0, longest);
  // What stands far before has no say in it, and long texts are cut again and again.
  const from = wholeAt(text, Math.max(0, longest - 4 * LONGEST_GRAPHEME));
  const seen = text.slice(from, longest + LONGEST_GRAPHEME);
  const at = from + (graphemes.segment(seen).containing(longest - from)?.index ?? longest - from);
  return text.slice(0, longest - at > LONGEST_GRAPHEME ? wholeAt(text, longest) : at);
}

/** The end of a text, at most so many UTF-16 code units: whole characters as people see them. */
export function cutStart(text: string, longest: number): string {
  const from = text.length - longest;
  if (from <= 0) return text;
  if (standsAlone(text, from)) return text.slice(from);
  const begin = wholeAt(text, Math.max(0, from - 4 * LONGEST_GRAPHEME));
  const seen = text.slice(begin, from + LONGEST_GRAPHEME);
  const within = from - begin;
  const first = graphemes.segment(seen).containing(within);
  if (first === undefined || first.index === within) return text.slice(from);
  const after = begin + first.index + first.segment.length;
  return text.slice(after - from >= LONGEST_GRAPHEME ? wholeAfter(text, from) : after);
}

/** Whether two letters meet at a place that nothing joins, as nearly everywhere: looking closer costs as much as a step. */
function standsAlone(text: string, place: number): boolean {
  return isLetter(text.charCodeAt(place - 1)) && isLetter(text.charCodeAt(place));
}

/** Whether a unit is of Latin, Greek or Cyrillic, and no mark or part of a line break. */
function isLetter(unit: number): boolean {
  return (unit >= 0x20 && unit < 0x300) || (unit >= 0x370 && unit < 0x483) || (unit >= 0x48a && unit < 0x530);
}

/** A place that is not within a surrogate pair, the given one or the one behind it. */
function wholeAfter(text: string, place: number): number {
  return wholeAt(text, place) === place ? place : place + 1;
}

/** A place that is not within a surrogate pair, the given one or the one before it. */
function wholeAt(text: string, place: number): number {
  return (text.codePointAt(place - 1) ?? 0) > 0xffff ? place - 1 : place;
}

/**
 * Characters that show nothing: spaces of every kind, marks of direction, fillers, the blank of Braille. Separators of lines
 * and paragraphs (U+2028, U+2029) are not among them: many programs show a mark for them.
 */
const BLANK = /^[\p{Zs}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Whether nobody would see anything of a text. */
export function showsNothing(text: string): boolean {
  return BLANK.test(text);
}

/** A text as a regular expression finds it letter by letter. */
export function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
