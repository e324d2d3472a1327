import type { Access } from './operation.ts';

/** What the calls of each tag are about, in the order the document shows them. */
export const tagTexts: Readonly<Record<string, string>> = {
  Sessions:
    'Conversations: one client in one chat, from its start to its close. This is what an own widget begins with.',
  Messages: 'What is said in a session, and the log of everything that happened in it.',
  Operators: 'People who answer: their groups, their presence, and who has a session.',
  Clients: 'The visitors: what the company knows of them, and who is banned.',
  'Tags and comments': 'What people note about clients and sessions.',
  Chats: 'Channel entries: which bot answers, by which rules, with which texts.',
  Bots: 'What answers before people do: a scenario, or a program of your own behind a webhook.',
  Dialogs: 'Talking to a bot without a chat around it.',
  Facts: 'What bots keep about clients beyond a session.',
  Identity: 'Logging in, tokens, and who the caller is.',
  Users: 'Whoever logs in: administrators, supervisors, operators and back ends.',
  Companies: 'The own company, those that depend on it, and what was changed.',
  'API keys': 'Keys of back ends, for calls without a login.',
  Settings: 'Values by name, of a company or a user.',
  Service: 'The server itself.',
};

/** Who may call, in words. */
export const accessTexts: Readonly<Record<Access, string>> = {
  open: 'Open: needs no token. A valid one is accepted, a broken one is answered 401.',
  credentials: 'Needs no token: the body, or the path, is the proof.',
  holder:
    'For whoever holds the session: by its id alone, or, where the chat asks for proof, by its session token or the identity it was begun under. A user of the company may call as well.',
  user: "Needs a user's token or an API key.",
  admin: "Needs a user's token or an API key with the role ADMIN.",
};

/** How callers prove who they are. */
export const securitySchemes = {
  user: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `token` of `POST /auth/login`. The word `Bearer` may be left out.',
  },
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'A key of `POST /apikeys`, sent like a token. It acts as its user, with its own roles.',
  },
  sessionToken: {
    type: 'http',
    scheme: 'bearer',
    description:
      'The `sessionToken` of a start answer: proves to hold that session. This, or the identity token it was begun under, is needed where the `identityVerification` of the chat is not `off`.',
  },
} as const;

/** What the document says of the schemes a call accepts, with the role they need; an empty one means that none is needed. */
export const securityOf: Readonly<Record<Access, readonly Record<string, readonly string[]>[]>> = {
  open: [{}, { user: [] }, { apiKey: [] }, { sessionToken: [] }],
  credentials: [],
  holder: [{}, { sessionToken: [] }, { user: [] }, { apiKey: [] }],
  user: [{ user: [] }, { apiKey: [] }],
  admin: [{ user: ['ADMIN'] }, { apiKey: ['ADMIN'] }],
};

/** Parameters whose name says less than their meaning, where the schema has no words of its own. */
export const parameterTexts: Readonly<Record<string, string>> = {
  accessType: 'only bots of this access type',
  after: 'the last `eventSeq` seen; 0 or nothing for the whole log',
  apiKeyId: 'the API key',
  attributeId: 'the attribute',
  before: 'only messages before this `seq`, newest first',
  botId: 'the bot',
  botStatus: 'only sessions whose bot stands so',
  chatId: 'the chat',
  clientBanned: 'only sessions of clients that are banned, or of those that are not',
  clientId: 'the client',
  companyId: 'the company',
  context: 'only facts of this context',
  deleted: '1: deleted bots only; 0 or nothing: the others',
  dialogId: 'the dialog',
  factId: 'the fact',
  from: 'from this instant on; ISO 8601 with offset',
  groupId: 'the group of operators',
  hasViewDetails: '1: only bots with view details, of which there are none',
  keyword: 'part of the name',
  limit: 'most records of a page',
  'listFacts.name': 'only facts of this name',
  'listMessages.companyId': 'accepted where it is the company of the session',
  'listUsers.companyId': 'only users of this company',
  'listUsers.userId': 'only these users',
  'listApiKeys.userId': 'only keys of this user',
  'listAudit.userId': 'only changes by this user',
  'listBots.limit': 'most records of a page; all bots, up to 1000, where it is absent',
  'listEvents.limit': 'most events of a page',
  markedAsSpam: 'only sessions marked as spam, or only the others',
  messageId: 'the message',
  name: 'part of the name',
  newName: 'the new name',
  offset: 'how many records to pass over',
  online: 'only users who are online, or only the others',
  operation: 'only changes by this operation, by its name in this document',
  operatorId: 'a user, or the UUID of a bot',
  operatorType: 'only sessions that a bot, or a person, answers in',
  replyToken: 'what the `reply.url` of the question ends with',
  roles: 'only users with one of these roles',
  sessionId: 'the session',
  status: 'only sessions that are open, or closed',
  tagId: 'the tag',
  to: 'up to this instant; ISO 8601 with offset',
  userId: 'the user',
  withoutCount: 'computes no total: `count` is the number of items answered',
  withoutItems: 'answers the total alone: `items` is empty',
};

/** What is worth knowing of a call beyond its summary and who may make it. */
export const operationTexts: Readonly<Record<string, string>> = {
  refresh:
    'The old token travels in `Authorization`, bare or as a bearer, and may have expired. Each refresh token is good once.',
  startSession: 'Beside `sessionId` of a live session of this chat, that session goes on: 200 instead of 201.',
  continueOrStartSession: 'Answers 200 where a session went on, 201 where a new one began.',
  sendClientMessage: 'A pressed button or a ready answer is sent as its text.',
  answerForBot: 'Each question is answered once, within the `answerTimeout` of its bot.',
};
