/**
 * The wire of Molva as data: everything that crosses the network is described here once. Schemas are JSON Schema
 * values; the types beside them are derived. Helpers that build schemas stay inside.
 */
export { API_BASE, ALL_BASES, SERVICE_BASES, pathsOf } from './bases.ts';
export { Bot, BotListItem, CreateBotBody, UpdateBotBody } from './bots.ts';
export {
  Chat,
  ChatListItem,
  CreateChatBody,
  IdentityVerification,
  UpdateChatBody,
  defaultChatSettings,
  type ChatSettings,
} from './chats.ts';
export { ErrorBody, errorTable, type ErrorCode, type ErrorEntry, type FieldProblems } from './errors.ts';
export {
  ChatMessageCreated,
  EventName,
  EventPage,
  LoggedEvent,
  eventSchemas,
  notifyEvents,
  type EventEnvelope,
  type EventPayloads,
  type NotifyEventName,
  type SessionClosed,
} from './events.ts';
export { DEFAULT_TOKEN_TTL, LoginBody, RefreshBody, Role, TokenPair, User } from './iam.ts';
export { DEFAULT_LIMIT, ListOf, MAX_LIMIT, type ListPage, type ListQuery } from './lists.ts';
export {
  LIVE_PATH,
  RpcAnswer,
  WIDGET_NAMESPACE,
  WidgetConnectData,
  rpcSchemas,
  widgetChannel,
  type RpcData,
  type RpcName,
} from './live.ts';
export {
  Action,
  Attachment,
  AuthorType,
  Keyboard,
  MAX_ATTACHMENTS,
  MAX_BODY_LENGTH,
  MessageType,
  ReplyToMessage,
} from './message-parts.ts';
export { ClientMessageBody, FileReference, Message, MessageAccepted, ReplyTo } from './messages.ts';
export { errorsOf, openApiDocument } from './openapi.ts';
export { type Access, type BodyOf, type Operation, type ParamsOf, type QueryOf } from './operation.ts';
export { operations } from './operations/table.ts';
export { Created, Success, wireDate } from './primitives.ts';
export {
  BotStatus,
  DEFAULT_SESSION_TTL,
  MAX_SESSION_TTL,
  OperatorType,
  Session,
  SessionForHolder,
  SessionStarted,
  SessionStatus,
  StartSessionBody,
  StartedMessage,
} from './sessions.ts';
