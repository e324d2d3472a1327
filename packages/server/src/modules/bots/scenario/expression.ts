import { functions } from './functions.ts';
import { compare, kept, number, same, text, truth, workOf, type Scalar } from './scalar.ts';
import type { Scope } from './scope.ts';

/** An expression, ready to be computed. */
export type Compiled = (scope: Scope) => Scalar;

/** What is wrong with an expression's text. */
export class ExpressionError extends Error {}

type Token = { readonly kind: 'number' | 'text' | 'name' | 'sign' | 'end'; readonly text: string };

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([\p{L}_][\p{L}\p{N}_.]*)|(<=|>=|==|!=|[-+*/%<>()=,]))/uy;
const DEEPEST = 32;

type Operator = (a: Compiled, b: Compiled) => Compiled;

const computed =
  (compute: (a: Scalar, b: Scalar) => Scalar): Operator =>
  (a, b) =>
  (scope) => {
    const left = a(scope);
    const right = b(scope);
    scope.spend(workOf(left) + workOf(right));
    return kept(compute(left, right));
  };

/** How tightly the two-sided operators bind, loosest first. The right side of `and` and `or` is left out if it may. */
const levels: readonly Readonly<Record<string, Operator>>[] = [
  { or: (a, b) => (scope) => truth(a(scope)) || truth(b(scope)) },
  { and: (a, b) => (scope) => truth(a(scope)) && truth(b(scope)) },
  { '==': computed(same), '=': computed(same), '!=': computed((a, b) => !same(a, b)) },
  {
    '<': computed((a, b) => compare(a, b) < 0),
    '<=': computed((a, b) => compare(a, b) <= 0),
    '>': computed((a, b) => compare(a, b) > 0),
    '>=': computed((a, b) => compare(a, b) >= 0),
  },
  {
    '+': computed((a, b) => (typeof a === 'number' && typeof b === 'number' ? a + b : text(a) + text(b))),
    '-': computed((a, b) => number(a) - number(b)),
  },
  {
    '*': computed((a, b) => number(a) * number(b)),
    '/': computed((a, b) => (number(b) === 0 ? null : number(a) / number(b))),
    '%': computed((a, b) => (number(b) === 0 ? null : number(a) % number(b))),
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
      left = operate(left, binary(level + 1, depth));
    }
  }

  function unary(depth: number): Compiled {
    if (depth > DEEPEST) throw new ExpressionError('is nested too deeply');
    const token = take();
    if (token.kind === 'sign' && token.text === '-') {
      const inner = unary(depth + 1);
      return (scope) => 0 - number(paid(inner(scope), scope));
    }
    if (token.kind === 'name' && token.text === 'not') {
      const inner = binary(2, depth + 1);
      return (scope) => !truth(paid(inner(scope), scope));
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
    if (peek().text !== '(' || peek().kind !== 'sign') return (scope) => scope.variable(word);
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
    return (scope) => {
      const values = given.map((argument) => argument(scope));
      scope.spend(entry.work?.(values) ?? values.reduce((sum: number, value) => sum + workOf(value), 0));
      return kept(entry.compute(values, scope));
    };
  }

  const compiled = binary(0, 0);
  if (peek().kind !== 'end') throw new ExpressionError(`does not expect "${peek().text}"`);
  return compiled;
}

/** Names of the variables and functions an expression mentions. */
export function expressionNames(source: string): string[] {
  return tokenise(source).flatMap(({ kind, text: name }) => (kind === 'name' ? [name] : []));
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

/** A value whose reading is paid for. */
function paid(value: Scalar, scope: Scope): Scalar {
  scope.spend(workOf(value));
  return value;
}

function constant(value: Scalar): Compiled {
  const compiled = kept(value);
  return () => compiled;
}
