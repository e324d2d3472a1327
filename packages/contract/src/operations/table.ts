import { createBot, getBot, listBots, updateBot } from './bots.ts';
import { createChat, deleteChat, getChat, listChats, updateChat } from './chats.ts';
import { getMe, getTimestamp, login, refresh } from './iam.ts';
import {
  continueSession,
  getSession,
  listEvents,
  listMessages,
  listSessions,
  sendClientMessage,
  startSession,
  typeInSession,
} from './sessions.ts';

/** Every call of the HTTP API by name. */
export const operations = {
  startSession,
  continueSession,
  listSessions,
  getSession,
  sendClientMessage,
  listMessages,
  listEvents,
  typeInSession,
  listChats,
  createChat,
  getChat,
  updateChat,
  deleteChat,
  listBots,
  createBot,
  getBot,
  updateBot,
  login,
  refresh,
  getMe,
  getTimestamp,
} as const;
