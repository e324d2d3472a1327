import { Type } from 'typebox';
import {
  DebugEntry,
  DialogAnswer,
  DialogMessageBody,
  ReloadDialogBody,
  StartDialogBody,
  VariableList,
  WebhookAnswer,
} from '../dialogs.ts';
import { ListOf, listQuery } from '../lists.ts';
import { defineOperation } from '../operation.ts';
import { Empty, Uuid } from '../primitives.ts';

const ofDialog = Type.Object({ dialogId: Uuid });

/** A dialog with a bot, without a chat around it. */
export const startDialog = defineOperation({
  id: 'startDialog',
  service: 'bot',
  method: 'POST',
  path: '/dialogs',
  tag: 'Dialogs',
  summary: 'Start a dialog with a bot',
  access: 'user',
  body: StartDialogBody,
  answers: { 200: DialogAnswer },
  errors: ['dialog-exists', 'voice-unsupported', 'client-banned', 'data-too-large'],
  example: { botId: 'bce7d22e-dde6-4427-b391-ebbdfda44de6', ttl: 3600, variables: { name: 'Anna' } },
});

/** A client's message. */
export const replyToDialog = defineOperation({
  id: 'replyToDialog',
  service: 'bot',
  method: 'POST',
  path: '/dialogs/{dialogId}',
  tag: 'Dialogs',
  summary: "Bring a client's message to the bot",
  access: 'user',
  params: ofDialog,
  body: DialogMessageBody,
  answers: { 200: DialogAnswer },
  errors: ['entity-not-found', 'dialog-ended', 'voice-unsupported', 'client-banned'],
  example: { message: 'Where is my order?' },
});

/** The end. */
export const finishDialog = defineOperation({
  id: 'finishDialog',
  service: 'bot',
  method: 'POST',
  path: '/dialogs/{dialogId}/finish',
  tag: 'Dialogs',
  summary: 'End a dialog; ending it again changes nothing',
  access: 'user',
  params: ofDialog,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** Another bot goes on, with the variables there are. */
export const reloadDialog = defineOperation({
  id: 'reloadDialog',
  service: 'bot',
  method: 'POST',
  path: '/dialogs/{dialogId}/reload',
  tag: 'Dialogs',
  summary: 'Go on with another bot',
  access: 'user',
  params: ofDialog,
  body: ReloadDialogBody,
  answers: { 200: DialogAnswer },
  errors: ['entity-not-found', 'dialog-ended', 'voice-unsupported'],
  example: { botId: 'bce7d22e-dde6-4427-b391-ebbdfda44de6' },
});

/** The variables of a dialog, also after its end. */
export const listDialogVariables = defineOperation({
  id: 'listDialogVariables',
  service: 'bot',
  method: 'GET',
  path: '/dialogs/{dialogId}/variableList',
  tag: 'Dialogs',
  summary: 'Read the variables of a dialog',
  access: 'user',
  params: ofDialog,
  answers: { 200: VariableList },
  errors: ['entity-not-found'],
});

/** What the bot did, turn by turn. */
export const listDialogDebugInfo = defineOperation({
  id: 'listDialogDebugInfo',
  service: 'bot',
  method: 'GET',
  path: '/dialogs/{dialogId}/debugInfo',
  tag: 'Dialogs',
  summary: 'Read what the bot did, turn by turn',
  access: 'user',
  params: ofDialog,
  query: Type.Object(listQuery),
  answers: { 200: ListOf(DebugEntry) },
  errors: ['entity-not-found'],
});

/** The late answer of a webhook bot; the token of its question is the proof. */
export const answerForBot = defineOperation({
  id: 'answerForBot',
  service: 'bot',
  method: 'POST',
  path: '/botanswers/{replyToken}',
  tag: 'Dialogs',
  summary: 'Answer a question of a webhook bot that was answered 202',
  access: 'credentials',
  params: Type.Object({ replyToken: Type.String({ minLength: 1, maxLength: 512 }) }),
  body: WebhookAnswer,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'answer-late', 'data-too-large'],
  example: { messages: [{ body: 'Your order is on its way.' }] },
});
