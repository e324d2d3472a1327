/** A message as the wire's lists and the log need it. */
export interface MessageRow {
  readonly id: string;
  readonly session_id: string;
  readonly seq: number;
  readonly event_seq: number;
  readonly author_type: 'BOT' | 'OPERATOR' | 'CLIENT';
  readonly author_id: string;
  readonly author_name: string;
  readonly type: 'REGULAR' | 'TERMINAL';
  readonly body: string;
  readonly extras: Record<string, unknown> | null;
  /** What its event tells beside, as it was when it was said. */
  readonly event_extras: Record<string, unknown> | null;
  readonly reply_to: string | null;
  readonly client_message_id: string | null;
  readonly created_at: number;
  readonly updated_at: number | null;
  readonly read_at: number | null;
}

/** The columns of a message row. */
export const messageColumns = [
  'id',
  'session_id',
  'seq',
  'event_seq',
  'author_type',
  'author_id',
  'author_name',
  'type',
  'body',
  'extras',
  'event_extras',
  'reply_to',
  'client_message_id',
  'created_at',
  'updated_at',
  'read_at',
] as const;
