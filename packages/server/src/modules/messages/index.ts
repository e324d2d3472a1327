/** Messages: taking them from clients, reading them back. */
export { messageRoutes } from './routes.ts';
export { MessageStore } from './store.ts';
