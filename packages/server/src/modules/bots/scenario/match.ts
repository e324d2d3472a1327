import { RE2JS } from 're2js';
import { Type, type Static, type TObject } from 'typebox';
import { Label } from './fields.ts';

/** What can make a client's text take a branch. */
export const conditionFields = {
  keywords: Type.Optional(Type.Array(Label, { minItems: 1, maxItems: 100 })),
  pattern: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  exact: Type.Optional(Type.Array(Label, { minItems: 1, maxItems: 100 })),
};

/** A branch as its author writes it. */
type Branch = Static<TObject<typeof conditionFields>> & { readonly next: string };

/** Whether a client's text takes a branch. */
export type Matcher = (said: string) => boolean;

/** A text as words compare: no case, ё as е, one space between words. */
export function plain(text: string): string {
  return text.toLowerCase().replaceAll('ё', 'е').replaceAll(/\s+/gu, ' ').trim();
}

/**
 * Compiles the conditions of a branch; any of them takes it. Keywords match whole words, and their beginnings where
 * they end in `*`. Patterns run on a linear-time engine: no text makes one run away. Throws on a bad pattern
 * and on a keyword that is none.
 */
export function compileBranch(branch: Branch): Matcher {
  const exact = new Set((branch.exact ?? []).map(plain));
  const words = (branch.keywords ?? []).map(wordTest);
  const pattern = branch.pattern === undefined ? undefined : RE2JS.compile(branch.pattern, RE2JS.CASE_INSENSITIVE);
  return (said) => {
    const text = plain(said);
    return exact.has(text) || words.some((test) => test(text)) || pattern?.matcher(said.trim()).find() === true;
  };
}

function wordTest(keyword: string): Matcher {
  const open = keyword.endsWith('*');
  const word = plain(open ? keyword.slice(0, -1) : keyword);
  if (word === '') throw new Error(`the keyword "${keyword}" has no letters`);
  return (text) => {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      if (isEdge(text[at - 1]) && (open || isEdge(text[at + word.length]))) return true;
    }
    return false;
  };
}

function isEdge(character: string | undefined): boolean {
  return character === undefined || !/[\p{L}\p{N}]/u.test(character);
}
