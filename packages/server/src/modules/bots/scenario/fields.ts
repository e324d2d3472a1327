import { Type, type TStringOptions, type TUnsafe } from 'typebox';

/** What a text in a block is for. Where a block leads and which names it has is found by the roles in its schema. */
export type Role = 'arrow' | 'text' | 'expression' | 'variable' | 'result' | 'group';

declare const mark: unique symbol;

/** A text whose role its schema tells: what asks for one takes no text that was declared without the role. */
export type Marked<R extends Role> = string & { readonly [mark]: R };

/** The id of a block another one leads to. */
export const Arrow = marked('arrow', { minLength: 1, maxLength: 128 });
/** The id of a block another one leads to. */
export type Arrow = Marked<'arrow'>;

/** Characters of a text, as it is written and with its variables filled in. */
export const LONGEST_SAID = 4096;

/** What is said, with `{variables}`. */
export const Text = marked('text', { maxLength: LONGEST_SAID });
/** What is computed. */
export const Expression = marked('expression', { minLength: 1, maxLength: 1024 });
/** The name of a variable that is given a value. */
export const Variable = marked('variable', { pattern: '^[\\p{L}_][\\p{L}\\p{N}_]*$', maxLength: 64 });
/** The id of a group of operators. */
export const Group = marked('group', { format: 'uuid' });

/** Expressions by the name each gives a value to. */
export function valuesOf(named: 'variable' | 'result') {
  return Type.Record(Type.String(), Expression, { keys: named satisfies Role });
}

/** How long a question can wait. */
export const Seconds = Type.Integer({ minimum: 1, maximum: 43_200 });
/** A short text that is taken as it is. */
export const Label = Type.String({ minLength: 1, maxLength: 256 });

function marked<R extends Role>(role: R, options: TStringOptions): TUnsafe<Marked<R>> {
  return Type.Unsafe<Marked<R>>(Type.String({ ...options, role }));
}
