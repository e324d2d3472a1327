import { Type, type Static } from 'typebox';
import { DateTime, IntegerId, ScalarValue, Uuid } from './primitives.ts';

const Context = Type.String({ minLength: 1, maxLength: 255 });

/** A value a bot keeps about a client beyond the dialog. */
export const Fact = Type.Object({
  id: Uuid,
  botId: Uuid,
  clientId: Uuid,
  context: Type.String(),
  name: Type.String(),
  value: ScalarValue,
  createdAt: DateTime,
  updatedAt: DateTime,
});
export type Fact = Static<typeof Fact>;

/** Body that saves a fact: the one of `factId`, else the one of bot, client, context and name. */
export const SaveFactBody = Type.Object({
  factId: Type.Optional(Uuid),
  companyId: Type.Optional(IntegerId),
  botId: Uuid,
  clientId: Uuid,
  context: Context,
  name: Context,
  value: Type.Optional(ScalarValue),
});
export type SaveFactBody = Static<typeof SaveFactBody>;

/** Body that goes with a fact's deletion. */
export const DeleteFactBody = Type.Object({ companyId: Type.Optional(IntegerId) });
export type DeleteFactBody = Static<typeof DeleteFactBody>;
