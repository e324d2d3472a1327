import type { OperatorStatus } from '@molva/contract';
import type { ColumnType, Generated } from 'kysely';

/** An instant: read as milliseconds, written as ISO text. */
type Instant = ColumnType<number, string, string>;
type MaybeInstant = ColumnType<number | null, string | null, string | null>;
/** A JSON value: read parsed, written as text. */
type Json<T> = ColumnType<T, string, string>;
type MaybeJson<T> = ColumnType<T | null, string | null, string | null>;

/** The webhook of a bot: its address and secret are sealed, but as they are where it was written before there were keys. */
export type StoredWebhook =
  | { readonly sealed: string; readonly answerTimeout: number }
  | { readonly url: string; readonly secret: string; readonly answerTimeout: number };

/** Rows of every table, for the typed builder. The SQL in `migrations/` is the schema; this is its shape. */
export interface Tables {
  companies: {
    id: Generated<number>;
    name: string;
    reseller_id: ColumnType<number | null, number | null | undefined, never>;
    settings: ColumnType<Record<string, string | number | boolean>, string | undefined, string>;
    created_at: ColumnType<number, string | undefined, never>;
  };
  users: {
    id: Generated<number>;
    company_id: number;
    email: string;
    /** As it is compared; null where another user has that. */
    email_key: ColumnType<string | null, string | undefined, string>;
    password_hash: string;
    first_name: Generated<string>;
    last_name: Generated<string>;
    middle_name: Generated<string>;
    phone: string | null;
    roles: string[];
    settings: ColumnType<Record<string, string | number | boolean>, string | undefined, string>;
    created_at: ColumnType<number, string | undefined, never>;
    blocked_at: MaybeInstant;
    token_generation: Generated<number>;
  };
  /** Kept by a trigger of `users`: each has one. */
  seats: {
    company_id: number;
    user_id: number;
    status: Generated<OperatorStatus>;
    status_at: ColumnType<number | null, string | null | undefined, string | null>;
    capacity: ColumnType<number | null, number | null | undefined, number | null>;
    epoch: Generated<number>;
    last_given_at: ColumnType<number | null, string | null | undefined, string | null>;
  };
  refresh_tokens: {
    token_hash: Buffer;
    family: string;
    user_id: number;
    expires_at: Instant;
    used_at: MaybeInstant;
    successor: Buffer | null;
  };
  login_failures: { subject: string; account: string | null; failed_at: Instant };
  login_places: { subject: string; seen_at: Instant };
  ended_logins: { family: string; ended_at: Instant };
  api_keys: {
    id: string;
    company_id: number;
    user_id: number;
    name: string;
    roles: string[];
    key_hash: Buffer;
    prefix: string;
    created_at: Instant;
    expires_at: MaybeInstant;
    last_used_at: ColumnType<number | null, string | null | undefined, string | null>;
  };
  audit_log: {
    id: string;
    company_id: number;
    user_id: number;
    user_name: string;
    api_key_id: string | null;
    operation: string;
    target: Json<Record<string, string>>;
    body: MaybeJson<unknown>;
    status: ColumnType<number | null, number | null | undefined, number>;
    address: string;
    created_at: Instant;
  };
  bots: {
    id: string;
    company_id: number;
    name: string;
    language: string;
    kind: string;
    scenario: MaybeJson<Record<string, unknown>>;
    webhook: MaybeJson<StoredWebhook>;
    created_at: Instant;
    updated_at: Instant;
    updated_by: number | null;
    deleted_at: MaybeInstant;
  };
  facts: {
    id: string;
    company_id: number;
    bot_id: string;
    client_id: string;
    context: string;
    name: string;
    value: Json<unknown>;
    created_at: Instant;
    updated_at: Instant;
  };
  chats: {
    id: string;
    company_id: number;
    name: string;
    bot_id: string;
    settings: Json<Record<string, unknown>>;
    created_at: Instant;
    updated_at: Instant;
    deleted_at: MaybeInstant;
  };
  clients: {
    id: string;
    company_id: number;
    external_id: string | null;
    messenger_type: string | null;
    messenger_user_id: string | null;
    verified: boolean;
    proof: MaybeJson<{ by: 'identityToken' | 'company'; key: string | null; at: number }>;
    claimed: boolean;
    name: string | null;
    first_name: string | null;
    middle_name: string | null;
    last_name: string | null;
    phone: string | null;
    email: string | null;
    device_id: string | null;
    timezone: number | null;
    banned_at: MaybeInstant;
    created_at: Instant;
    updated_at: Instant;
  };
  client_attributes: {
    id: string;
    company_id: number;
    name: string;
    name_key: string;
    created_at: Instant;
    updated_at: Instant;
  };
  client_attribute_values: { company_id: number; client_id: string; attribute_id: string; value: Json<unknown> };
  tags: { id: string; company_id: number; name: string; name_key: string; created_at: Instant };
  client_tags: { company_id: number; client_id: string; tag_id: string; created_at: Instant };
  session_tags: { session_id: string; tag_id: string; created_at: Instant };
  client_comments: { company_id: number; client_id: string; comment: string; updated_at: Instant };
  session_comments: { session_id: string; comment: string; updated_at: Instant };
  groups: {
    id: string;
    company_id: number;
    name: string;
    timer_first_answer: number;
    timer_next_answers: number;
    created_at: Instant;
    updated_at: Instant;
  };
  group_members: { group_id: string; company_id: number; user_id: number };
  /** What the builder names; `sessions/state/columns.ts` has all of it. */
  sessions: { id: string; company_id: number; chat_id: string | null; started_at: Instant };
  /** Kept by triggers of `sessions`. */
  session_search: { id: string; company_id: number; client_id: string; started_at: Instant; search: string };
  /** Kept by triggers of `sessions`: the hour, counted from the epoch, in which something was said last. */
  session_activity: { session_id: string; company_id: number; hour: number };
  session_starts: {
    chat_id: string;
    key: string;
    session_id: string;
    message_id: string | null;
    made_by: string | null;
    asked: Buffer | null;
    created_at: Instant;
  };
  messages: {
    id: string;
    session_id: string;
    company_id: number;
    seq: number;
    event_seq: number;
    author_type: 'BOT' | 'OPERATOR' | 'CLIENT';
    author_id: string;
    author_name: string;
    type: 'REGULAR' | 'TERMINAL';
    body: string;
    extras: MaybeJson<Record<string, unknown>>;
    event_extras: MaybeJson<Record<string, unknown>>;
    reply_to: string | null;
    client_message_id: string | null;
    created_at: Instant;
    updated_at: MaybeInstant;
    read_at: MaybeInstant;
    deleted_at: MaybeInstant;
  };
  dialogs: { company_id: number; id: string; session_id: string };
  bot_traces: { id: string; session_id: string; info: Json<Record<string, unknown>>; created_at: Instant };
  session_events: {
    session_id: string;
    event_seq: number;
    event: string;
    audience: string | null;
    data: Json<Record<string, unknown>>;
    created_at: Instant;
  };
}
