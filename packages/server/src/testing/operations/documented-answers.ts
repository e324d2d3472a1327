import {
  anything,
  array,
  bool,
  collection,
  date,
  filled,
  int,
  list,
  listOf,
  mapOf,
  nothing,
  oneOf,
  orNull,
  partial,
  scalar,
  string,
  whole,
  type PhpType,
} from './php-types.ts';

/** The published answers, as the classes of a client that types every field. */

const authorType = oneOf('BOT', 'OPERATOR', 'CLIENT');
const messageType = oneOf('REGULAR', 'TERMINAL');

export const tokenPair = whole({ token: filled, refreshToken: filled });
export const createdUuid = whole({ id: filled });
export const createdInteger = whole({ id: int });
export const accepted = whole({ id: filled, createdAt: date });
export const failure = whole({ error: filled, details: anything });

/** Details of a chat: each of them is read, and what is not nullable there is never null. */
export const chat = whole({
  id: filled,
  companyId: int,
  name: string,
  botId: string,
  botName: string,
  sessionTtl: int,
  operatorsBusyMessage: string,
  allowableOperatorIdleTime: int,
  sessionReloadBotId: orNull(filled),
  sessionRatingRequired: bool,
  sessionRatingTriggerTime: int,
  answerOnFirstClientMessage: bool,
  eventCallbackUrl: orNull(filled),
  eventCallbackData: orNull(filled),
  notifyOnEvents: listOf(string),
  fcmServerKey: orNull(string),
  fcmServiceUrl: orNull(string),
  pushData: array,
  knowledgeBase: orNull(string),
  form: array,
  references: mapOf(string),
  appearance: array,
  results: list,
  timerFirstAnswer: int,
  timerNextAnswers: int,
  messengers: array,
});

export const chatItem = partial({
  id: filled,
  botId: filled,
  name: string,
  botName: string,
  sessionReloadBotId: orNull(filled),
  sessionReloadBotName: orNull(string),
  sessionTtl: int,
  eventCallbackUrl: orNull(string),
  eventCallbackData: orNull(string),
  messengers: array,
  timerFirstAnswer: int,
  timerNextAnswers: int,
  createdAt: date,
  updatedAt: date,
});

const participant = whole({
  id: orNull(int),
  name: string,
  type: oneOf('BOT', 'OPERATOR'),
  assigned_at: orNull(date),
});

/** A list, or the JSON text of one; an empty text is neither. */
const participants: PhpType = (value, place) =>
  listOf(participant)(typeof value === 'string' && value !== '' ? JSON.parse(value) : value, place);

const lastMessage = whole({
  id: filled,
  authorId: string,
  authorType,
  authorName: string,
  type: messageType,
  body: string,
  attachments: listOf(
    whole({ id: string, name: string, contentType: string, size: int, private: bool, url: orNull(string) }),
  ),
  createdAt: date,
  readAt: orNull(date),
});

const sessionFields = {
  id: filled,
  chatId: filled,
  name: string,
  markedAsSpam: bool,
  ttl: int,
  operatorId: string,
  operatorName: string,
  operatorAssignedAt: orNull(date),
  operators: participants,
  channel: string,
  messengerType: orNull(string),
  botStatus: oneOf('WAIT', 'STOP', 'OPERATOR', 'ERROR'),
  status: oneOf('ACTIVE', 'CLOSED'),
  startedAt: date,
  clientOnlineAt: orNull(date),
  clientOfflineAt: orNull(date),
  unreadClientMessageCount: int,
  lastMessageCreatedAt: orNull(date),
  lastMessage: orNull(lastMessage),
  clientId: filled,
  clientBanned: bool,
  referer: orNull(string),
  tags: string,
  timerFirstAnswer: int,
  timerNextAnswers: int,
  lastOperatorMessage: string,
  firstClientMessageAfterLastOperatorMessage: string,
};
export const session = whole(sessionFields);
export const sessionItem = partial(sessionFields);

const attachment = whole({
  id: string,
  isPrivate: bool,
  createdAt: date,
  name: string,
  baseName: string,
  extension: string,
  sugestedExtension: string,
  path: string,
  size: int,
  url: orNull(string),
  downloadLink: orNull(string),
});

const keyboard = whole({
  buttonsInRow: int,
  buttons: listOf(whole({ type: oneOf('text'), text: string })),
});

const replyTo = whole({
  id: orNull(string),
  sessionId: orNull(string),
  userId: orNull(string),
  botId: orNull(string),
  clientId: orNull(string),
  body: string,
  authorType,
  attachments: listOf(attachment),
  createdAt: date,
  authorName: string,
  type: messageType,
  answers: listOf(string),
  keyboard: orNull(keyboard),
  actions: list,
});

const messageFields = {
  id: filled,
  authorId: string,
  authorType,
  authorName: string,
  type: messageType,
  body: string,
  answers: listOf(string),
  keyboard: orNull(keyboard),
  readAt: orNull(date),
  createdAt: date,
  updatedAt: orNull(date),
  attachments: listOf(attachment),
  sessionId: filled,
  replyTo: orNull(replyTo),
};
export const messageItem = partial(messageFields);
export const messages = collection(whole(messageFields));

/** The answer of a start: here alone `actions` is a map of texts, or an empty list. */
export const started = whole({
  id: filled,
  clientId: filled,
  startedAt: date,
  ttl: int,
  messages: listOf(
    whole({
      authorId: string,
      authorType,
      body: string,
      actions: mapOf(string),
      answers: listOf(string),
      keyboard: orNull(keyboard),
      attachments: listOf(attachment),
    }),
  ),
});

const settings = mapOf(scalar);
export const settingDefinitions = settings;
export const userSettings = whole({ settings });

const userFields = {
  id: int,
  companyId: int,
  firstName: string,
  lastName: string,
  middleName: string,
  email: string,
  phone: orNull(string),
  roles: listOf(whole({ name: filled, company_id: orNull(int) })),
  settings,
};
export const user = whole({ ...userFields, avatar: nothing });
export const userItem = partial({
  ...userFields,
  companyName: string,
  blockedAt: orNull(date),
  online: bool,
  resellerId: orNull(int),
  resellerName: orNull(string),
});

const botFields = {
  id: filled,
  name: string,
  companyId: int,
  accessType: string,
  language: string,
  solver: string,
  copyingInProgress: bool,
  copyingNluAgentCompleted: bool,
  copyingMediaCompleted: bool,
  viewDetails: array,
  createdAt: date,
  updatedAt: date,
  updatedBy: int,
  deletedAt: orNull(date),
};
export const botItem = partial(botFields);
export const bot = whole({
  ...botFields,
  debugEnabled: bool,
  disableNormalization: bool,
  currentNodeId: orNull(string),
  maxRepeatCount: int,
  phraseMeasuringDisabled: bool,
  defaultNodeId: orNull(string),
  clientTimeout: int,
  maxCycleCount: int,
  nodes: array,
  variableFormatters: array,
});

export const factItem = partial({
  id: filled,
  botId: filled,
  clientId: filled,
  context: string,
  name: string,
  createdAt: date,
  updatedAt: date,
});

export const dialog = whole({
  dialogId: filled,
  botId: filled,
  status: filled,
  language: filled,
  result: array,
  messages: orNull(
    listOf(
      whole({
        body: string,
        actions: list,
        answers: listOf(string),
        substitutions: array,
        attachments: listOf(attachment),
        meta: array,
      }),
    ),
  ),
});
export const variableList = whole({ system: mapOf(scalar), context: mapOf(scalar) });
export const debugItem = partial({ createdAt: date, traceId: filled, info: array });
