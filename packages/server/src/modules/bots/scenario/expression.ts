import { functions } from './functions.ts';

/** A value of a scenario: what variables hold and expressions give. */
export type Scalar = string | number | boolean | null;

/** Looks a variable up; one that does not exist is null. */
export type Lookup = (name: string) => Scalar;

/** An expression, ready to be computed. */
export type Compiled = (lookup: Lookup) => Scalar;

/** What is wrong with an expression's text. */
export class ExpressionError extends Error {}

type Token = { readonly kind: 'number' | 'text' | 'name' | 'sign' | 'end'; readonly text: string };

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([\p{L}_][\p{L}\p{N}_.]*)|(<=|>=|==|!=|[-+*/%<>()=,]))/uy;
const DEEPEST = 32;

/** How tightly the two-sided operators bind, loosest first. */
const levels: readonly Readonly<Record<string, (a: Scalar, b: Scalar) => Scalar>>[] = [
  { or: (a, b) => truth(a) || truth(b) },
  { and: (a, b) => truth(a) && truth(b) },
  { '==': same, '=': same, '!=': (a, b) => !same(a, b) },
  {
    '<': (a, b) => compare(a, b) < 0,
    '<=': (a, b) => compare(a, b) <= 0,
    '>': (a, b) => compare(a, b) > 0,
    '>=': (a, b) => compare(a, b) >= 0,
  },
  {
    '+': (a, b) => (typeof a === 'number' && typeof b === 'number' ? a + b : text(a) + text(b)),
    '-': (a, b) => number(a) - number(b),
  },
  {
    '*': (a, b) => number(a) * number(b),
    '/': (a, b) => (number(b) === 0 ? null : number(a) / number(b)),
    '%': (a, b) => (number(b) === 0 ? null : number(a) % number(b)),
  },
];

/**
 * Compiles an expression: numbers, texts in quotes, variables by bare name, `+ - * / %`, comparisons, `and`, `or`,
 * `not`, and functions. Nothing of the language around can be reached from inside.
 */
export function compileExpression(source: string): Compiled {
  const tokens = tokenise(source);
  let at = 0;
  const peek = (): Token => tokens[at] as Token;
  const take = (): Token => tokens[at++] as Token;
  const expect = (sign: string): void => {
    if (take().text !== sign) throw new ExpressionError(`expected "${sign}"`);
  };

  function binary(level: number, depth: number): Compiled {
    const operators = levels[level];
    if (operators === undefined) return unary(depth);
    let left = binary(level + 1, depth);
    for (;;) {
      const { kind, text: sign } = peek();
      const operate =
        kind === 'sign' || kind === 'name' ? (Object.hasOwn(operators, sign) ? operators[sign] : undefined) : undefined;
      if (operate === undefined) return left;
      take();
      const [a, b] = [left, binary(level + 1, depth)];
      left = (lookup) => operate(a(lookup), b(lookup));
    }
  }

  function unary(depth: number): Compiled {
    if (depth > DEEPEST) throw new ExpressionError('is nested too deeply');
    const token = take();
    if (token.kind === 'sign' && token.text === '-') {
      const inner = unary(depth + 1);
      return (lookup) => -number(inner(lookup));
    }
    if (token.kind === 'name' && token.text === 'not') {
      const inner = binary(2, depth + 1);
      return (lookup) => !truth(inner(lookup));
    }
    return primary(token, depth);
  }

  function primary(token: Token, depth: number): Compiled {
    if (token.kind === 'number') return constant(Number(token.text));
    if (token.kind === 'text') return constant(token.text);
    if (token.kind === 'name') return name(token.text, depth);
    if (token.text === '(') {
      const inner = binary(0, depth + 1);
      expect(')');
      return inner;
    }
    throw new ExpressionError(token.kind === 'end' ? 'ends too early' : `does not expect "${token.text}"`);
  }

  function name(word: string, depth: number): Compiled {
    if (word === 'true' || word === 'false') return constant(word === 'true');
    if (word === 'null') return constant(null);
    if (peek().text !== '(' || peek().kind !== 'sign') return (lookup) => lookup(word);
    const entry = Object.hasOwn(functions, word) ? functions[word] : undefined;
    if (entry === undefined)
      throw new ExpressionError(`there is no function "${word}"; known: ${Object.keys(functions).join(', ')}`);
    take();
    const given: Compiled[] = [];
    while (peek().text !== ')') {
      if (given.length > 0) expect(',');
      given.push(binary(0, depth + 1));
    }
    take();
    if (given.length !== entry.parameters)
      throw new ExpressionError(`${word} takes ${entry.parameters} values, not ${given.length}`);
    return (lookup) => entry.compute(given.map((argument) => argument(lookup)));
  }

  const compiled = binary(0, 0);
  if (peek().kind !== 'end') throw new ExpressionError(`does not expect "${peek().text}"`);
  return compiled;
}

function tokenise(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = source.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) throw new ExpressionError(`cannot be read at "${source.slice(from).trim().slice(0, 20)}"`);
    const [, digits, double, single, word, sign] = match;
    const quoted = double ?? single;
    if (digits !== undefined) tokens.push({ kind: 'number', text: digits });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.replaceAll(/\\(.)/g, '$1') });
    else if (word !== undefined) tokens.push({ kind: 'name', text: word });
    else tokens.push({ kind: 'sign', text: sign ?? '' });
  }
  return [...tokens, { kind: 'end', text: '' }];
}

function constant(value: Scalar): Compiled {
  return () => value;
}

/** Whether a value counts as true: not null, false, 0 or "". */
export function truth(value: Scalar): boolean {
  return value !== null && value !== false && value !== 0 && value !== '';
}

/** A value as text; null is nothing. */
export function text(value: Scalar): string {
  return value === null ? '' : String(value);
}

/** A value as a number; what is none counts as 0. */
export function number(value: Scalar): number {
  const parsed = typeof value === 'string' ? Number(value.trim().replace(',', '.')) : Number(value);
  return Number.isFinite(parsed) ? parsed : 0;
}

function isNumeric(value: Scalar): boolean {
  return (
    typeof value === 'number' ||
    (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value.trim().replace(',', '.'))))
  );
}

/** Numbers and texts of numbers compare as numbers, everything else as texts, without regard to case. */
function compare(a: Scalar, b: Scalar): number {
  if (isNumeric(a) && isNumeric(b)) return number(a) - number(b);
  const [left, right] = [text(a).toLowerCase(), text(b).toLowerCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

function same(a: Scalar, b: Scalar): boolean {
  if (a === null || b === null) return a === b;
  return compare(a, b) === 0;
}
