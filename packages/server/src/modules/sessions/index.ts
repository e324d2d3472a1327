/** Sessions: one conversation of one client each, their event log, their timers. */
export type { BotInput, BotSource, BotStart, BotTurn, ReadyBot } from './bot-port.ts';
export { idempotencyKey } from './client-message.ts';
export { isSessionToken } from './holder.ts';
export { sessionRoutes } from './routes.ts';
export { Sessions } from './service.ts';
export { streamEpoch, type HotSession } from './session.ts';
export type { FileSource } from './start.ts';
export { messageColumns, type MessageRow } from './store.ts';
export { unpackExtras } from './view.ts';
