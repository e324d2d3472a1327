import { Type } from 'typebox';
import { defineBlock } from '../block.ts';
import { Arrow, Group, LONGEST_SAID, Text } from '../fields.ts';

/** Hands the session over to people. */
export const operator = defineBlock({
  type: 'operator',
  documentation: 'asks for a person; where nobody is there goes to `notFound`, else the client waits',
  fields: {
    group: Type.Optional(Group),
    announcement: Type.Optional(Text),
    notFound: Type.Optional(Arrow),
  },
  compile: ({ group, announcement, notFound }, compiler) => ({
    groupId: group ?? null,
    announcement: announcement === undefined ? null : compiler.text(announcement),
    notFound,
  }),
  enter: ({ groupId, announcement, notFound }, turn) =>
    turn.handOver({
      groupId,
      announcement: announcement?.(turn, LONGEST_SAID) ?? null,
      fallback: notFound !== undefined,
    }),
  wake: ({ notFound }, input, turn) => (input === 'operatorNotFound' ? (notFound ?? turn.stop()) : turn.at),
});
