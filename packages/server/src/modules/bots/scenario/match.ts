import { Type, type Static, type TObject } from 'typebox';
import { searchCost } from './budget.ts';
import type { BlockCompiler } from './compiler.ts';
import { Label } from './fields.ts';
import { plain, type Said } from './said.ts';

/** What can make a client's text take a branch. */
export const conditionFields = {
  keywords: Type.Optional(Type.Array(Label, { minItems: 1, maxItems: 100 })),
  pattern: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  exact: Type.Optional(Type.Array(Label, { minItems: 1, maxItems: 100 })),
};

/** A branch as its author writes it. */
type Branch = Static<TObject<typeof conditionFields>> & { readonly next: string };

/** Whether a client's text takes a branch. */
export type Matcher = (said: Said) => boolean;

/**
 * Compiles the conditions of a branch; any of them takes it. Keywords match whole words, and their beginnings where
 * they end in `*`. Each look is paid for: no text makes one run away. Throws on a bad pattern and on a keyword that is
 * none.
 */
export function compileBranch(branch: Branch, compiler: Pick<BlockCompiler, 'pattern' | 'isStored'>): Matcher {
  const exact = new Set((branch.exact ?? []).map(plain).filter((text) => text !== ''));
  const words = (branch.keywords ?? []).flatMap((keyword) => wordTest(keyword, compiler) ?? []);
  const pattern = branch.pattern === undefined ? undefined : compiler.pattern(branch.pattern);
  return (said) => {
    if (exact.has(said.plain) || words.some((test) => test(said))) return true;
    return pattern?.matches(said.runes, said.meter) === true;
  };
}

/** Whether a word is said; undefined for one of no letters that was stored when it counted as one. */
function wordTest(keyword: string, { isStored }: Pick<BlockCompiler, 'isStored'>): Matcher | undefined {
  const open = keyword.endsWith('*');
  const word = plain(open ? keyword.slice(0, -1) : keyword);
  if (word === '' && isStored) return undefined;
  if (word === '') throw new Error(`the keyword "${keyword}" has no letters`);
  return ({ plain: text, meter }) => {
    meter.spend(searchCost(text.length, word.length));
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      meter.spend(LOOK_COST);
      if (isEdge(text[at - 1]) && (open || isEdge(text[at + word.length]))) return true;
    }
    return false;
  };
}

/** Units for a place where a word stands. */
const LOOK_COST = 10;

const LETTER = /[\p{L}\p{N}]/u;

function isEdge(character: string | undefined): boolean {
  return character === undefined || !LETTER.test(character);
}
