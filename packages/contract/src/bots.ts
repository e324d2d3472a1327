import { Type, type Static } from 'typebox';
import { DateTime, FreeObject, HttpUrl, IntegerId, Nullable, Uuid } from './primitives.ts';

const BotName = Type.String({ minLength: 1, maxLength: 255 });
const Language = Type.String({ pattern: '^[a-z]{2}$', description: 'two-letter language code' });

/** Where a webhook bot lives: an address that answers, and the secret its calls are signed with. */
export const Webhook = Type.Object({
  url: HttpUrl,
  secret: Type.String({ minLength: 16, maxLength: 512 }),
  answerTimeout: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 3600, description: 'seconds a later answer may take; 30 where absent' }),
  ),
});
export type Webhook = Static<typeof Webhook>;

/** Body of a bot's creation: either a scenario, checked whole before anything is stored, or a webhook. */
export const CreateBotBody = Type.Object({
  name: BotName,
  language: Type.Optional(Language),
  scenario: Type.Optional(FreeObject),
  webhook: Type.Optional(Webhook),
});
export type CreateBotBody = Static<typeof CreateBotBody>;

/** Body of a bot's update: what is not given stays; a scenario replaces a webhook and the other way round. */
export const UpdateBotBody = Type.Partial(CreateBotBody);
export type UpdateBotBody = Static<typeof UpdateBotBody>;

/** Body of a bot's copy; it has the name of the bot where none is given. `agents` is accepted and has no meaning here. */
export const CopyBotBody = Type.Object({
  companyId: Type.Optional(IntegerId),
  name: Type.Optional(BotName),
  agents: Type.Optional(FreeObject),
});
export type CopyBotBody = Static<typeof CopyBotBody>;

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

/** A bot in detail; one of `scenario` and `webhook` is null. The secret of a webhook is write-only. */
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
  scenario: Nullable(FreeObject),
  warnings: Type.Array(Type.Object({ block: Nullable(Type.String()), field: Type.String(), reason: Type.String() })),
  webhook: Nullable(Type.Object({ url: Type.String(), answerTimeout: Type.Integer() })),
});
export type Bot = Static<typeof Bot>;
