/** Sessions: one conversation of one client each, their event log, their timers. */
export type { BotInput } from './state/bot-input.ts';
export type {
  AskContext,
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
export { isIdentityToken } from './starting/identity-form.ts';
export type { CallProofs } from './state/outgoing-calls.ts';
export { isSessionToken } from './starting/session-tokens.ts';
export { dialogRoutes } from './routes/dialogs.ts';
export { acceptedView } from './answering/accepted.ts';
export { messageRoutes } from './routes/messages.ts';
export { sessionRoutes } from './routes/sessions.ts';
export { Sessions } from './service.ts';
export { linkedAttachment } from './state/linked-file.ts';
export {
  operatorKey,
  readOperatorKey,
  readRouteKey,
  ROUTE_KIND,
  ROUTE_OPERATOR_KIND,
  routeKey,
} from './state/operator-keys.ts';
export {
  goneAt,
  type Assignment,
  type GroupRecord,
  type OperatorRecord,
  type OperatorSource,
  type RoutedSessions,
} from './state/operator-port.ts';
export type { Floor, Why, Wish } from './state/floor.ts';
export { checkData, fitsData } from './state/session-data.ts';
export { shownProof } from './state/session-proof.ts';
export { dialogIdOf, type BotState, type HotSession } from './state/session.ts';
export type { FileSource, FileUse } from './state/file-source.ts';
