/** Sessions: one conversation of one client each, their event log, their timers. */
export type { BotInput } from './bot-input.ts';
export type {
  BotMessage,
  BotSource,
  BotStart,
  BotTurn,
  FactWrite,
  LocalBot,
  ReadyBot,
  RemoteBot,
  RemoteQuestion,
} from './bot-port.ts';
export { signature } from './callbacks.ts';
export { idempotencyKey, type IncomingMessage } from './client-message.ts';
export { isSessionToken } from './holder.ts';
export { dialogRoutes } from './dialogs/routes.ts';
export { sessionRoutes } from './routes.ts';
export type { Accepted } from './repeats.ts';
export { Sessions } from './service.ts';
export { linkedAttachment } from './linked-file.ts';
export type { GroupRecord, OperatorRecord, OperatorSource } from './operator-port.ts';
export { dialogIdOf, streamEpoch, type BotState, type HotSession } from './session.ts';
export type { FileSource } from './start.ts';
export { messageColumns, type MessageRow } from './store.ts';
export { unpackExtras } from './view.ts';
