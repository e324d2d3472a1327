import { Type } from 'typebox';
import { Bot, BotListItem, CopyBotBody, CreateBotBody, UpdateBotBody } from '../bots.ts';
import { DeleteFactBody, Fact, SaveFactBody } from '../facts.ts';
import { DetailOf, ListOf, listQuery } from '../lists.ts';
import { defineOperation } from '../operation.ts';
import { Created, Empty, Instant, IntegerId, SpanEnd, Uuid } from '../primitives.ts';

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

/** A new bot with its scenario or webhook. */
export const createBot = defineOperation({
  id: 'createBot',
  service: 'bot',
  method: 'POST',
  path: '/bots',
  tag: 'Bots',
  summary: 'Create a bot from a scenario or a webhook',
  access: 'admin',
  body: CreateBotBody,
  answers: { 201: Created },
  errors: ['scenario-invalid', 'cap-reached'],
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
  answers: { 200: DetailOf(Bot) },
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

/** Deletes a bot softly; sessions it talks in go on with people. */
export const deleteBot = defineOperation({
  id: 'deleteBot',
  service: 'bot',
  method: 'DELETE',
  path: '/bots/{botId}',
  tag: 'Bots',
  summary: 'Delete a bot; it can be recovered',
  access: 'admin',
  params: ofBot,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** Brings a deleted bot back. */
export const recoverBot = defineOperation({
  id: 'recoverBot',
  service: 'bot',
  method: 'PUT',
  path: '/bots/{botId}/recover',
  tag: 'Bots',
  summary: 'Recover a deleted bot',
  access: 'admin',
  params: ofBot,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'cap-reached'],
});

/** Copies a bot within the company, or to a dependent one. */
export const copyBot = defineOperation({
  id: 'copyBot',
  service: 'bot',
  method: 'POST',
  path: '/bots/{botId}/copy',
  tag: 'Bots',
  summary: 'Copy a bot, also to a dependent company',
  access: 'admin',
  params: ofBot,
  body: CopyBotBody,
  answers: { 201: Created },
  errors: ['entity-not-found', 'cap-reached'],
  example: { name: 'Greeter, second edition' },
});

/** What bots keep about clients. */
export const listFacts = defineOperation({
  id: 'listFacts',
  service: 'bot',
  method: 'GET',
  path: '/facts',
  tag: 'Facts',
  summary: 'List facts',
  access: 'user',
  query: Type.Object({
    ...listQuery,
    companyId: Type.Optional(IntegerId),
    botId: Type.Optional(Uuid),
    clientId: Type.Optional(Uuid),
    context: Type.Optional(Type.String({ maxLength: 255 })),
    name: Type.Optional(Type.String({ maxLength: 255 })),
    from: Type.Optional(Instant),
    to: Type.Optional(SpanEnd),
  }),
  answers: { 200: ListOf(Fact) },
  errors: ['entity-not-found'],
});

/** Saves a fact. */
export const saveFact = defineOperation({
  id: 'saveFact',
  service: 'bot',
  method: 'PUT',
  path: '/facts',
  tag: 'Facts',
  summary: 'Save a fact: by its id, or by bot, client, context and name',
  access: 'user',
  body: SaveFactBody,
  answers: { 200: Created },
  errors: ['entity-not-found'],
  example: {
    botId: 'bce7d22e-dde6-4427-b391-ebbdfda44de6',
    clientId: '0b0c4a35-3c5f-4d53-9a4e-6f3d7a2f1c11',
    context: 'orders',
    name: 'last',
    value: '4711',
  },
});

/** Forgets a fact. */
export const deleteFact = defineOperation({
  id: 'deleteFact',
  service: 'bot',
  method: 'DELETE',
  path: '/facts/{factId}',
  tag: 'Facts',
  summary: 'Delete a fact',
  access: 'user',
  params: Type.Object({ factId: Uuid }),
  body: DeleteFactBody,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
  example: {},
});
