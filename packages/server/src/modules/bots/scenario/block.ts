import { Type, type Static, type TObject, type TProperties } from 'typebox';
import type { BlockCompiler } from './compiler.ts';
import type { BlockTurn, Next, WakingKind } from './turn.ts';
import { arrowsOf, namesOf, textsOf, type BlockNames } from './uses.ts';

/** Everything there is to say of a type of blocks: what its file in `blocks/` holds. */
export interface BlockParts<T extends string, F extends TProperties, C> {
  readonly type: T;
  /** What it does, in a sentence: `docs/scenarios.md` and an editor show it. */
  readonly documentation: string;
  /** Its fields beyond those of every block. Where it leads and which names it has is read from their roles. */
  readonly fields: F;
  /** Prepares what a turn would otherwise work out again. */
  compile(block: Static<TObject<F>>, compiler: BlockCompiler): C;
  /** Does what it is for when a turn comes to it. */
  enter(block: NoInfer<C>, turn: BlockTurn): Next;
  /** Hears what arrives where it waits; what it does not understand enters it again. */
  wake(block: NoInfer<C>, input: WakingKind, turn: BlockTurn): Next;
}

/** A block as its author wrote it, of a form that its schema accepts. */
export interface Block {
  readonly type: string;
}

/** A block with everything prepared. */
export interface CompiledBlock {
  readonly type: string;
  enter(turn: BlockTurn): Next;
  wake(input: WakingKind, turn: BlockTurn): Next;
}

/** A type of blocks as check, engine, documentation and editor read it. */
export interface BlockKind<T extends string = string> {
  readonly type: T;
  readonly documentation: string;
  /** The JSON schema of a whole block; `role` and `keys` in it tell what a text is for. */
  readonly schema: TObject;
  /** Whether a turn can end where a block of the type is entered: it waits there, or leads nowhere. */
  readonly waits: boolean;
  /** Its texts with variables in them, by field. */
  texts(block: Block): [field: string, text: string][];
  /** Where a block leads, by field. */
  arrows(block: Block): [field: string, target: string][];
  /** The names it has to do with; throws on an expression that cannot be read. */
  names(block: Block): BlockNames;
  /** Prepares a block; faults of its texts are told to the compiler. */
  compile(block: Block, compiler: BlockCompiler): CompiledBlock;
}

/** What the editor keeps with a block; the engine does not look at it. */
const placed = { view: Type.Optional(Type.Object({ x: Type.Number(), y: Type.Number() })) };

/** Makes a type of blocks from its parts. */
export function defineBlock<T extends string, F extends TProperties, C>(parts: BlockParts<T, F, C>): BlockKind<T> {
  const { type, documentation, fields } = parts;
  const schema = Type.Object({ type: Type.Literal(type), ...fields, ...placed }, { additionalProperties: false });
  return {
    type,
    documentation,
    schema,
    waits: parts.wake !== enterAgain,
    texts: (block) => textsOf(schema, block),
    arrows: (block) => arrowsOf(schema, block),
    names: (block) => namesOf(schema, block),
    compile: (block, compiler) => {
      const compiled = parts.compile(block as unknown as Static<TObject<F>>, compiler);
      return {
        type,
        enter: (turn) => parts.enter(compiled, turn),
        wake: (input, turn) => parts.wake(compiled, input, turn),
      };
    },
  };
}

/** The waking of a block that never waits: a dialog stands at one only where the scenario was stored anew meanwhile. */
export function enterAgain(_block: unknown, _input: WakingKind, turn: BlockTurn): Next {
  return turn.at;
}
