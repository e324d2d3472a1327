import { cut, LONGEST_GRAPHEME } from '../../../platform/text.ts';
import { text } from './scalar.ts';
import type { Scope } from './scope.ts';

/** A text with variables, ready to be filled; what it comes to is cut at so many characters. */
export type Template = (scope: Pick<Scope, 'variable' | 'spend'>, longest: number) => string;

const PART = /\{\{|\}\}|\{([\p{L}_][\p{L}\p{N}_.]*)\}/gu;

/** Compiles a text: `{name}` is a variable, `{{` and `}}` are braces; other braces stay as they are. */
export function compileTemplate(source: string): Template {
  const parts: (string | { readonly name: string })[] = [];
  let from = 0;
  for (const match of source.matchAll(PART)) {
    parts.push(source.slice(from, match.index));
    parts.push(match[1] === undefined ? (match[0][0] ?? '') : { name: match[1] });
    from = match.index + match[0].length;
  }
  parts.push(source.slice(from));
  if (parts.every((part) => typeof part === 'string')) return constant(parts.join(''));
  return (scope, longest) => {
    let filled = '';
    for (const part of parts) {
      // Variables are long, and a text can name one a thousand times.
      if (filled.length >= longest) break;
      const said = typeof part === 'string' ? part : text(scope.variable(part.name));
      // What follows a cut decides where it is.
      filled += said.slice(0, longest - filled.length + LONGEST_GRAPHEME);
    }
    scope.spend(Math.min(filled.length, longest));
    return cut(filled, longest).toWellFormed();
  };
}

/** The name of a variable whose brace is not closed; undefined where all are. */
export function unclosedName(source: string): string | undefined {
  return /\{([\p{L}_][\p{L}\p{N}_.]*)/u.exec(source.replaceAll(PART, ' '))?.[1];
}

/** Names of the variables a text uses. */
export function templateNames(source: string): string[] {
  return [...source.matchAll(PART)].flatMap((match) => match[1] ?? []);
}

function constant(value: string): Template {
  return (_scope, longest) => cut(value, longest).toWellFormed();
}
