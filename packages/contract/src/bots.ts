import { Type, type Static } from 'typebox';
import { DateTime, FreeObject, Nullable, Uuid } from './primitives.ts';

const BotName = Type.String({ minLength: 1, maxLength: 255 });
const Language = Type.String({ pattern: '^[a-z]{2}$', description: 'two-letter language code' });

/** Body of a bot's creation. `scenario` is checked whole before anything is stored. */
export const CreateBotBody = Type.Object({
  name: BotName,
  language: Type.Optional(Language),
  scenario: FreeObject,
});
export type CreateBotBody = Static<typeof CreateBotBody>;

/** Body of a bot's update: what is not given stays. */
export const UpdateBotBody = Type.Partial(CreateBotBody);
export type UpdateBotBody = Static<typeof UpdateBotBody>;

const listFields = {
  id: Uuid,
  name: Type.String(),
  companyId: Type.Integer(),
  accessType: Type.String(),
  language: Type.String(),
  solver: Type.String(),
  copyingInProgress: Type.Boolean(),
  copyingNluAgentCompleted: Type.Boolean(),
  copyingMediaCompleted: Type.Boolean(),
  viewDetails: Type.Array(Type.Unknown()),
  createdAt: DateTime,
  updatedAt: DateTime,
  updatedBy: Type.Integer(),
  deletedAt: Nullable(DateTime),
} as const;

/** A bot in the list. */
export const BotListItem = Type.Object(listFields);
export type BotListItem = Static<typeof BotListItem>;

/** A bot in detail; `scenario` is what was stored. */
export const Bot = Type.Object({
  ...listFields,
  debugEnabled: Type.Boolean(),
  disableNormalization: Type.Boolean(),
  currentNodeId: Nullable(Type.String()),
  maxRepeatCount: Type.Integer(),
  phraseMeasuringDisabled: Type.Boolean(),
  defaultNodeId: Nullable(Type.String()),
  clientTimeout: Type.Integer(),
  maxCycleCount: Type.Integer(),
  nodes: Type.Array(Type.Unknown()),
  variableFormatters: Type.Array(Type.Unknown()),
  scenario: FreeObject,
});
export type Bot = Static<typeof Bot>;
