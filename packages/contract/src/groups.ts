import { Type, type Static } from 'typebox';
import { DateTime, IntegerId, Uuid } from './primitives.ts';

const Seconds = Type.Integer({ minimum: 0, maximum: 31_536_000, description: 'seconds' });
const operatorIds = Type.Array(IntegerId, { maxItems: 1000, uniqueItems: true });
const GroupName = Type.String({ minLength: 1, maxLength: 255 });

/** A group of operators with its service-level timers; 0 leaves them to the chat. */
export const Group = Type.Object({
  id: Uuid,
  name: Type.String(),
  timerFirstAnswer: Seconds,
  timerNextAnswers: Seconds,
  operatorIds: Type.Array(Type.Integer()),
  createdAt: DateTime,
  updatedAt: DateTime,
});
export type Group = Static<typeof Group>;

/** Body of a group's creation. */
export const CreateGroupBody = Type.Object({
  name: GroupName,
  timerFirstAnswer: Type.Optional(Seconds),
  timerNextAnswers: Type.Optional(Seconds),
  operatorIds: Type.Optional(operatorIds),
});
export type CreateGroupBody = Static<typeof CreateGroupBody>;

/** Body of a group's update: what is not given stays. */
export const UpdateGroupBody = Type.Partial(CreateGroupBody);
export type UpdateGroupBody = Static<typeof UpdateGroupBody>;
