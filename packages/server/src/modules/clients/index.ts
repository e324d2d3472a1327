/** Clients: who talks to chats, and what a company notes about them. */
export type { ClientClaim, ClientRow, Identity } from './claim.ts';
export { findClient, type FoundClient } from './find-client.ts';
export { changesClient, keepClient, LookAgain, lookingAgain } from './keep-client.ts';
export { clientRoutes } from './routes.ts';
export { Clients } from './service.ts';
