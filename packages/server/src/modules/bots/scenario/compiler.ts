import { compileExpression, type Compiled } from './expression.ts';
import type { Marked } from './fields.ts';
import { patternCost } from './pattern-cost.ts';
import { Pattern } from './pattern.ts';
import { isSystemName } from './system-variables.ts';
import { compileTemplate, type Template } from './template.ts';

/** Told what is wrong with a field of a block. */
export type Fault = (field: string, reason: string) => void;

/** What a pattern may cost: compiling it takes some ten milliseconds. */
const MOST_PATTERN = 5_000;
/** What all patterns of a scenario may cost: the bot is compiled anew whenever it is not in memory. */
const MOST_PATTERNS = 30_000;

/** About how many bytes a character of an expression or a text takes once it is compiled. */
const COMPILED_BYTES = 60;

/** What compiling the blocks of one scenario comes to. */
export class Compilation {
  /** About how many bytes what was made takes. */
  bytes = 0;
  #patterns = MOST_PATTERNS;
  /** Whether it takes what was stored before there were limits. */
  readonly isStored: boolean;

  constructor(isStored: boolean) {
    this.isStored = isStored;
  }

  /** Compiles a pattern; throws an Error where it, or all of them together, would take too much. */
  pattern(source: string): Pattern {
    const cost = patternCost(source);
    this.#patterns -= cost;
    if (!this.isStored) {
      if (cost > MOST_PATTERN) throw new Error(`the pattern ${tooLarge(cost, MOST_PATTERN)}`);
      if (this.#patterns < 0) throw new Error('with this pattern, those of the scenario are too large together');
    }
    const pattern = new Pattern(source);
    this.bytes += pattern.bytes;
    return pattern;
  }
}

function tooLarge(cost: number, most: number): string {
  return `is ${Math.ceil(cost / (most / 10)) / 10} times as large as one may be: write fewer repetitions and classes`;
}

/** What blocks prepare their fields with, so that a turn need not; what is wrong is told, and nothing throws. */
export class BlockCompiler {
  readonly fault: Fault;
  readonly #whole: Compilation;

  constructor(fault: Fault, whole: Compilation) {
    this.fault = fault;
    this.#whole = whole;
  }

  /** Whether the scenario was stored already. */
  get isStored(): boolean {
    return this.#whole.isStored;
  }

  text(source: Marked<'text'>): Template {
    this.#whole.bytes += COMPILED_BYTES * source.length;
    return compileTemplate(source);
  }

  expression(field: string, source: Marked<'expression'>): Compiled {
    this.#whole.bytes += COMPILED_BYTES * source.length;
    return this.attempt(
      field,
      () => compileExpression(source),
      () => null,
    );
  }

  /** Throws an Error that says what is wrong with it. */
  pattern(source: string): Pattern {
    return this.#whole.pattern(source);
  }

  /** Expressions by the name each gives a value to. */
  values(field: string, source: Readonly<Record<string, Marked<'expression'>>>): (readonly [string, Compiled])[] {
    return Object.entries(source).map(([name, text]) => {
      this.name(`${field}.${name}`, name);
      return [name, this.expression(`${field}.${name}`, text)] as const;
    });
  }

  /** Checks a name that is given a value: those with a dot and those of the system cannot be. */
  name(field: string, name: string): void {
    if (name.includes('.')) this.fault(field, 'a name with a dot belongs to the system');
    else if (isSystemName(name)) this.fault(field, `"${name}" belongs to the system`);
    else if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) this.fault(field, 'a name is letters, digits and underscores');
  }

  /** Makes something that may throw; then the fault is told, and `instead` stands in until it is mended. */
  attempt<T>(field: string, make: () => T, instead: T): T {
    try {
      return make();
    } catch (error) {
      this.fault(field, (error as Error).message);
      return instead;
    }
  }
}
