import { text } from './scalar.ts';
import type { Lookup } from './scope.ts';

/** A text with variables, ready to be filled. */
export type Template = (lookup: Lookup) => string;

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
  return (lookup) => parts.map((part) => (typeof part === 'string' ? part : text(lookup(part.name)))).join('');
}

/** Names of the variables a text uses. */
export function templateNames(source: string): string[] {
  return [...source.matchAll(PART)].flatMap((match) => match[1] ?? []);
}

function constant(value: string): Template {
  return () => value;
}
