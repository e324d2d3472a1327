/** Chats: configured channel entries that sessions are held in. */
export { chatRoutes } from './routes.ts';
export { Chats, CHAT_LIFE_MS } from './service.ts';
export { notificationNames } from './settings.ts';
export { CHAT_DELETED, type ChatRecord } from './store.ts';
