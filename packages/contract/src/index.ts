/**
 * The wire of Molva as data: everything that crosses the network is described here once. Schemas are JSON Schema
 * values; the types beside them are derived. Helpers that build schemas stay inside.
 */
export { asyncApiDocument } from './asyncapi.ts';
export { API_BASE, ALL_BASES, SERVICE_BASES, pathsOf } from './bases.ts';
export { Bot, BotListItem, CopyBotBody, CreateBotBody, UpdateBotBody, Webhook } from './bots.ts';
export {
  BotCallback,
  BotQuestion,
  DialogResult,
  Push,
  callbackSchemas,
  notificationSchemas,
  type CallbackName,
} from './callbacks.ts';
export {
  Chat,
  ChatForWidget,
  ChatListItem,
  CreateChatBody,
  IdentityKey,
  IdentityVerification,
  UpdateChatBody,
  defaultChatSettings,
  type ChatSettings,
} from './chats.ts';
export { Attribute, AttributeValues, Client, Comment, CreateTagBody, NameBody, Tag } from './clients.ts';
export {
  DebugEntry,
  DialogAnswer,
  DialogAttachment,
  DialogMessage,
  DialogMessageBody,
  ReloadDialogBody,
  StartDialogBody,
  VariableList,
  WebhookAnswer,
} from './dialogs.ts';
export { caps, capText, type CapName } from './caps.ts';
export {
  ErrorBody,
  errorTable,
  passesByItself,
  type ErrorCode,
  type ErrorEntry,
  type FieldProblems,
} from './errors.ts';
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
export { exampleOf } from './example.ts';
export { DeleteFactBody, Fact, SaveFactBody } from './facts.ts';
export { CreateGroupBody, Group, UpdateGroupBody } from './groups.ts';
export {
  ApiKey,
  ApiKeyCreated,
  AuditEntry,
  ChangePasswordBody,
  Company,
  CompanyCreated,
  CreateApiKeyBody,
  CreateCompanyBody,
  CreatedInteger,
  CreateUserBody,
  CurrentUser,
  DEFAULT_TOKEN_TTL,
  KeySet,
  LoginBody,
  LogoutBody,
  OperatorStatus,
  RefreshBody,
  Role,
  Settings,
  SettingsChange,
  SettingValues,
  TokenPair,
  UpdateCompanyBody,
  UpdateUserBody,
  User,
  UserListItem,
} from './iam.ts';
export { DEFAULT_LIMIT, ListOf, MAX_LIMIT, type ListPage, type ListQuery } from './lists.ts';
export {
  CALLS_A_MINUTE,
  LIVE_PATH,
  MAX_LIVE_SESSIONS,
  RpcRefusal,
  WIDGET_NAMESPACE,
  WidgetConnectData,
  failsAsError,
  rpcAnswers,
  rpcSchemas,
  widgetChannel,
  type RpcAnswers,
  type RpcData,
  type RpcName,
} from './live.ts';
export {
  Action,
  Attachment,
  AuthorType,
  Keyboard,
  MAX_ATTACHMENTS,
  isSpoken,
  MAX_BODY_LENGTH,
  MessageType,
  ReplyToMessage,
} from './message-parts.ts';
export { ClientMessageBody, EditMessageBody, FileReference, Message, MessageAccepted, ReplyTo } from './messages.ts';
export { openApiDocument, openApiSteps } from './openapi.ts';
export { errorsOf } from './openapi-errors.ts';
export {
  isAudited,
  isList,
  type Access,
  type BodyOf,
  type Operation,
  type ParamsOf,
  type QueryOf,
  type StreamedAnswer,
  type StreamedBody,
} from './operation.ts';
export { operations } from './operations/table.ts';
export { Created, FileBytes, isFile, isIntegerId, isSpanEnd, ScalarValue, Success, wireDate } from './primitives.ts';
export {
  Assignment,
  BotStatus,
  CloseReason,
  CloseSessionBody,
  DEFAULT_SESSION_TTL,
  DEVICE_TOKEN,
  MAX_SESSION_TTL,
  SESSION_AFTERLIFE_MS,
  OperatorType,
  RatingBody,
  Session,
  SessionForHolder,
  SessionListItem,
  SessionStarted,
  SessionStatus,
  StartSessionBody,
  StartedMessage,
} from './sessions.ts';
export { Verified } from './verified.ts';
