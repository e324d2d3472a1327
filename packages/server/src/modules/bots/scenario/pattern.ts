import { RE2JS } from 're2js';
import type { Meter } from './budget.ts';
import { Threads, type Instruction } from './threads.ts';

interface Program {
  readonly start: number;
  readonly inst: readonly Instruction[];
}

const place = { BEGIN_LINE: 1, END_LINE: 2, BEGIN_TEXT: 4, END_TEXT: 8, BOUNDARY: 16, NO_BOUNDARY: 32 } as const;
const LINE_FEED = 10;
/** No character: before the first and behind the last. */
const NONE = -1;

/** Units for an instruction at a character. */
const VISIT_COST = 2;
/** About how many bytes an instruction takes, without its characters. */
const INSTRUCTION_BYTES = 120;

/**
 * A pattern of the RE2 kind that pays for each step. The engine it is compiled with takes linear time, which is half a
 * second for one text where a pattern is large, keeps megabytes of what it has seen for each pattern, and cannot be
 * stopped: so its program is run here, in a set of threads without captures, character by character.
 */
export class Pattern {
  /** About how many bytes it takes. */
  readonly bytes: number;
  readonly #program: Program;
  /** Matches at the beginning of a text alone. */
  readonly #anchored: boolean;

  /** Throws an Error that says what is wrong with the source. */
  constructor(source: string) {
    this.#program = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE).re2().prog as Program;
    const { inst, start } = this.#program;
    let characters = 0;
    for (const runes of new Set(inst.map((one) => one.runes))) characters += runes?.length ?? 0;
    this.bytes = INSTRUCTION_BYTES * inst.length + 4 * characters;
    const elsewhere = new Threads(inst);
    elsewhere.add(start, ~place.BEGIN_TEXT);
    this.#anchored = elsewhere.size === 0 && !elsewhere.matched;
  }

  /** Whether it matches anywhere in a text of code points. */
  matches(text: ArrayLike<number>, meter: Meter): boolean {
    const { start, inst } = this.#program;
    meter.spend(inst.length);
    let now = new Threads(inst);
    let next = new Threads(inst);
    let before = NONE;
    for (let index = 0; index <= text.length; index++) {
      const rune = text[index] ?? NONE;
      if (index === 0 || !this.#anchored) now.add(start, placesBetween(before, rune));
      if (now.matched) return true;
      if (now.size === 0 && this.#anchored) return false;
      if (rune !== NONE) now.step(rune, next, placesBetween(rune, text[index + 1] ?? NONE));
      meter.spend(VISIT_COST * (1 + now.visited));
      now.clear();
      [now, next] = [next, now];
      before = rune;
    }
    return false;
  }
}

/** What a pattern can ask of the place between two characters. */
function placesBetween(before: number, after: number): number {
  let places: number = isWord(before) === isWord(after) ? place.NO_BOUNDARY : place.BOUNDARY;
  if (before === NONE) places |= place.BEGIN_TEXT | place.BEGIN_LINE;
  else if (before === LINE_FEED) places |= place.BEGIN_LINE;
  if (after === NONE) places |= place.END_TEXT | place.END_LINE;
  else if (after === LINE_FEED) places |= place.END_LINE;
  return places;
}

function isWord(rune: number): boolean {
  return (rune >= 97 && rune <= 122) || (rune >= 65 && rune <= 90) || (rune >= 48 && rune <= 57) || rune === 95;
}
