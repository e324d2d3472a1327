import { Type } from 'typebox';
import type { Block } from './block.ts';
import { Arrow, Seconds } from './fields.ts';

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
          defaultNodeId: Type.Optional(Arrow),
        },
        { additionalProperties: false },
      ),
    ),
    start: Arrow,
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
