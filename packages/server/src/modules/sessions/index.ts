/** Sessions: one conversation of one client each, their event log, their timers. */
export type { BotInput } from './state/bot-input.ts';
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
} from './state/bot-port.ts';
export { signature } from './state/outgoing-calls.ts';
export { isSessionToken } from './starting/session-tokens.ts';
export { dialogRoutes } from './routes/dialogs.ts';
export { messageRoutes } from './routes/messages.ts';
export { sessionRoutes } from './routes/sessions.ts';
export { Sessions } from './service.ts';
export { linkedAttachment } from './state/linked-file.ts';
export type { GroupRecord, OperatorRecord, OperatorSource } from './state/operator-port.ts';
export { dialogIdOf, type BotState, type HotSession } from './state/session.ts';
export type { FileSource } from './state/file-source.ts';
