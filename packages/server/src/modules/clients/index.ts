/** Clients: who talks to chats, and what a company notes about them. */
export { findOrCreateClient, type ClientRow, type Identity } from './find-or-create.ts';
export { clientRoutes } from './routes.ts';
export { Clients } from './service.ts';
