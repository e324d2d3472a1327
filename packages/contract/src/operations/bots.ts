import { Type } from 'typebox';
import { Bot, BotListItem, CreateBotBody, UpdateBotBody } from '../bots.ts';
import { ListOf, listQuery } from '../lists.ts';
import { defineOperation } from '../operation.ts';
import { Created, Empty, Uuid } from '../primitives.ts';

const ofBot = Type.Object({ botId: Uuid });
const example = {
  name: 'Greeter',
  language: 'en',
  scenario: {
    version: 1,
    language: 'en',
    start: 'start',
    blocks: {
      start: { type: 'start', next: 'hello' },
      hello: { type: 'message', text: 'Hello!', next: 'bye' },
      bye: { type: 'end', text: 'Goodbye.' },
    },
  },
};

/** The bots of the caller's company. All of them by default, as the documented list does. */
export const listBots = defineOperation({
  id: 'listBots',
  service: 'bot',
  method: 'GET',
  path: '/bots',
  tag: 'Bots',
  summary: 'List bots',
  access: 'user',
  query: Type.Object({
    ...listQuery,
    accessType: Type.Optional(Type.String({ maxLength: 64 })),
    deleted: Type.Optional(Type.Integer({ minimum: 0, maximum: 1 })),
    hasViewDetails: Type.Optional(Type.Integer({ minimum: 0, maximum: 1 })),
  }),
  answers: { 200: ListOf(BotListItem) },
});

/** A new bot with its scenario. */
export const createBot = defineOperation({
  id: 'createBot',
  service: 'bot',
  method: 'POST',
  path: '/bots',
  tag: 'Bots',
  summary: 'Create a bot from a scenario',
  access: 'admin',
  body: CreateBotBody,
  answers: { 201: Created },
  errors: ['scenario-invalid'],
  example,
});

/** One bot. */
export const getBot = defineOperation({
  id: 'getBot',
  service: 'bot',
  method: 'GET',
  path: '/bots/{botId}',
  tag: 'Bots',
  summary: 'Read a bot',
  access: 'user',
  params: ofBot,
  query: Type.Object({ fields: listQuery.fields }),
  answers: { 200: Bot },
  errors: ['entity-not-found'],
});

/** Changes a bot; dialogs that are under way go on with the new scenario from where they are. */
export const updateBot = defineOperation({
  id: 'updateBot',
  service: 'bot',
  method: 'PUT',
  path: '/bots/{botId}',
  tag: 'Bots',
  summary: 'Update a bot',
  access: 'admin',
  params: ofBot,
  body: UpdateBotBody,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'scenario-invalid'],
  example,
});
