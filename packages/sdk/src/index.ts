/** The client of Molva for browsers and Node. The machine, the timeline and the outbox stay inside. */
export { createChat, type Chat } from './chat.ts';
export { memoryStorage, type Clock, type Storage, type Timer } from './environment.ts';
export { isMolvaError, MolvaError, type FieldReasons, type MolvaErrorDetails } from './errors.ts';
export type { StateName as ConnectionName } from './connection/machine.ts';
export type { ChatMessage } from './timeline/timeline.ts';
export type { ChatEvents, ChatOptions, ChatState, ClientInfo, MessageInput, SessionInfo } from './types.ts';
