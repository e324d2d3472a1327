import { Type, type Static } from 'typebox';

const BlockId = Type.String({ minLength: 1, maxLength: 128 });
const Text = Type.String({ maxLength: 4096 });
const Expression = Type.String({ minLength: 1, maxLength: 1024 });
/** How long a question can wait. */
const Seconds = Type.Integer({ minimum: 1, maximum: 43_200 });
const Label = Type.String({ minLength: 1, maxLength: 256 });

/** What the editor keeps with a block; the engine does not look at it. */
const Placed = { view: Type.Optional(Type.Object({ x: Type.Number(), y: Type.Number() })) };

const Attachment = Type.Object({
  name: Label,
  url: Type.String({ pattern: '^(https?://|/)', maxLength: 2048 }),
  contentType: Type.String({ minLength: 1, maxLength: 128 }),
  size: Type.Optional(Type.Integer({ minimum: 0 })),
});
const Action = Type.Object({
  type: Label,
  event: Type.Optional(Label),
  label: Type.Optional(Label),
  data: Type.Optional(Type.String({ maxLength: 4096 })),
});

/** What a block can say: text with `{variables}`, ready answers, a keyboard, files by address, actions. */
const Speech = {
  text: Text,
  answers: Type.Optional(Type.Array(Label, { maxItems: 20 })),
  keyboard: Type.Optional(
    Type.Object({
      buttonsInRow: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
      buttons: Type.Array(Label, { minItems: 1, maxItems: 40 }),
    }),
  ),
  attachments: Type.Optional(Type.Array(Attachment, { maxItems: 10 })),
  actions: Type.Optional(Type.Array(Action, { maxItems: 10 })),
};

const Branch = Type.Object({
  keywords: Type.Optional(Type.Array(Label, { minItems: 1, maxItems: 100 })),
  pattern: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  exact: Type.Optional(Type.Array(Label, { minItems: 1, maxItems: 100 })),
  next: BlockId,
});

const closed = { additionalProperties: false } as const;

/** The schema of each kind of block. */
export const blockSchemas = {
  start: Type.Object({ type: Type.Literal('start'), next: BlockId, ...Placed }, closed),
  message: Type.Object({ type: Type.Literal('message'), ...Speech, next: BlockId, ...Placed }, closed),
  question: Type.Object(
    {
      type: Type.Literal('question'),
      ...Speech,
      variable: Type.Optional(Type.String({ pattern: '^[\\p{L}_][\\p{L}\\p{N}_]*$', maxLength: 64 })),
      branches: Type.Optional(Type.Array(Branch, { maxItems: 100 })),
      default: Type.Optional(BlockId),
      timeout: Type.Optional(Type.Object({ seconds: Seconds, next: BlockId })),
      ...Placed,
    },
    closed,
  ),
  condition: Type.Object(
    {
      type: Type.Literal('condition'),
      branches: Type.Array(Type.Object({ when: Expression, next: BlockId }), { minItems: 1, maxItems: 100 }),
      default: BlockId,
      ...Placed,
    },
    closed,
  ),
  set: Type.Object(
    { type: Type.Literal('set'), values: Type.Record(Type.String(), Expression), next: BlockId, ...Placed },
    closed,
  ),
  random: Type.Object(
    {
      type: Type.Literal('random'),
      branches: Type.Array(
        Type.Object({ weight: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 })), next: BlockId }),
        { minItems: 1, maxItems: 100 },
      ),
      ...Placed,
    },
    closed,
  ),
  pause: Type.Object(
    {
      type: Type.Literal('pause'),
      seconds: Type.Number({ exclusiveMinimum: 0, maximum: 3600 }),
      typing: Type.Optional(Type.Boolean()),
      next: BlockId,
      ...Placed,
    },
    closed,
  ),
  jump: Type.Object({ type: Type.Literal('jump'), to: BlockId, ...Placed }, closed),
  operator: Type.Object(
    {
      type: Type.Literal('operator'),
      group: Type.Optional(Type.String({ format: 'uuid' })),
      announcement: Type.Optional(Text),
      notFound: Type.Optional(BlockId),
      ...Placed,
    },
    closed,
  ),
  result: Type.Object(
    { type: Type.Literal('result'), values: Type.Record(Type.String(), Expression), next: BlockId, ...Placed },
    closed,
  ),
  end: Type.Object({ type: Type.Literal('end'), text: Type.Optional(Text), ...Placed }, closed),
};
/** The kinds of blocks. */
export type BlockType = keyof typeof blockSchemas;

/** A block of a kind. */
export type Block<T extends BlockType = BlockType> = { [K in T]: Static<(typeof blockSchemas)[K]> }[T];

/** What a scenario has around its blocks. */
export const scenarioFrame = Type.Object(
  {
    version: Type.Literal(1),
    language: Type.String({ pattern: '^[a-z]{2}$' }),
    settings: Type.Optional(
      Type.Object(
        {
          maxCycleCount: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
          maxRepeatCount: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
          clientTimeout: Type.Optional(Seconds),
          defaultNodeId: Type.Optional(BlockId),
        },
        { additionalProperties: false },
      ),
    ),
    start: BlockId,
    blocks: Type.Record(Type.String(), Type.Unknown()),
  },
  { additionalProperties: false },
);

/** What a scenario says of all its blocks; times in seconds. */
export interface ScenarioSettings {
  readonly maxCycleCount?: number;
  readonly maxRepeatCount?: number;
  readonly clientTimeout?: number;
  readonly defaultNodeId?: string;
}

/** A scenario as its author writes it. */
export interface Scenario {
  readonly version: 1;
  readonly language: string;
  readonly settings?: ScenarioSettings;
  readonly start: string;
  readonly blocks: Readonly<Record<string, Block>>;
}
