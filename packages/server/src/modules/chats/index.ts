/** Chats: configured channel entries that sessions are held in. */
export { chatRoutes } from './routes.ts';
export { Chats } from './service.ts';
export { notificationNames } from './settings.ts';
export type { ChatRecord } from './store.ts';
