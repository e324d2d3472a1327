/** Where a text stops being JSON, and why, in words for whoever wrote it. Lines and columns count from 1. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

/** What may come next. */
type Wanted = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or end' | 'nothing';

const SPACE = /[\s\ufeff]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y;
const WORD = /(?:true|false|null)(?!\w)/y;
/** A text up to its closing quote, or up to what cannot stand in one. */
const TEXT = /"(?:[ !#-[\]-\u{10ffff}]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy;

/** Finds the first fault of a text that is no JSON; one without a fault seems to end too early. */
export function jsonFault(source: string): JsonFault {
  const scan = new Scan(source);
  while (scan.fault === undefined) scan.step();
  const { at, reason } = scan.fault;
  const before = source.slice(0, at).split('\n');
  const column = Array.from(before.at(-1) ?? '').length + 1;
  return { line: before.length, column, reason };
}

/** A walk through a text, token by token, without going down: a body may open as many brackets as it has characters. */
class Scan {
  fault: { readonly at: number; readonly reason: string } | undefined;
  readonly #source: string;
  readonly #open: ('[' | '{')[] = [];
  #at = 0;
  #wanted: Wanted = 'value';

  constructor(source: string) {
    this.#source = source;
  }

  /** Takes one token. */
  step(): void {
    this.#take(SPACE);
    const next = this.#source[this.#at];
    if (next === undefined) return this.#refuse('it ends too early');
    const wanted = this.#wanted;
    if (next === this.#closing && (wanted === ', or end' || wanted.endsWith(next))) return this.#close();
    if (wanted === 'nothing') return this.#refuse('something follows the end');
    if (wanted === ':') return next === ':' ? this.#sign('value') : this.#refuse('":" is missing after a name');
    if (wanted === ', or end') {
      const name = this.#closing === '}';
      return next === ',' ? this.#sign(name ? 'name' : 'value') : this.#refuse(`"," or "${this.#closing}" is missing`);
    }
    if (wanted.startsWith('name')) {
      return next === '"' ? this.#text(':') : this.#refuse('a name in double quotes is missing');
    }
    return this.#value(next);
  }

  get #closing(): string | undefined {
    const open = this.#open.at(-1);
    return open && (open === '[' ? ']' : '}');
  }

  #value(next: string): void {
    if (next === '"') return this.#text(this.#after);
    if (next === '[' || next === '{') {
      this.#open.push(next);
      return this.#sign(next === '[' ? 'value or ]' : 'name or }');
    }
    if (!this.#take(NUMBER) && !this.#take(WORD)) return this.#refuse('this is no value');
    this.#wanted = this.#after;
  }

  #text(then: Wanted): void {
    const from = this.#at;
    this.#take(TEXT);
    const next = this.#source[this.#at];
    if (next === '"') return this.#sign(then);
    if (next === undefined) this.fault = { at: from, reason: 'a text is not closed' };
    else if (next === '\\') this.#refuse('this is no escape');
    else this.#refuse('a line break or control character in a text must be escaped');
  }

  #close(): void {
    this.#open.pop();
    this.#sign(this.#after);
  }

  /** What follows a whole value. */
  get #after(): Wanted {
    return this.#open.length === 0 ? 'nothing' : ', or end';
  }

  #sign(wanted: Wanted): void {
    this.#at += 1;
    this.#wanted = wanted;
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#source)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  #refuse(reason: string): void {
    this.fault = { at: this.#at, reason };
  }
}
