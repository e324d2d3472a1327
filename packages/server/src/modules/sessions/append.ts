import type { Prepared, Queryable } from '../../platform/database.ts';
import { dueConflict } from '../../platform/due.ts';
import { isoInstant } from '../../platform/instant.ts';
import type { Draft, PlacedMessage } from './draft.ts';
import type { HotSession } from './session.ts';

/**
 * The hot write: one statement that moves the session from the version it was seen at and adds its messages, events,
 * timers and outgoing calls; all or nothing. A round trip costs more than the rows, so there is only this one. The
 * text depends on what changed and how many rows there are; a handful of shapes covers nearly all steps, each prepared
 * once.
 */
export async function append(database: Queryable, draft: Draft): Promise<boolean> {
  const { before, session } = draft;
  const changed = sessionColumns.filter(({ field }) => before[field] !== session[field]);
  const values: unknown[] = [before.id, before.version, ...changed.map(({ write }) => write(session))];
  for (const message of draft.messages) pushMessage(values, message);
  const at = isoInstant(draft.now);
  for (const event of draft.events) values.push(event.eventSeq, event.event, event.audience, event.data, at);
  const due = draft.due;
  for (const wish of due) values.push(wish.kind, isoInstant(wish.at));
  for (const delivery of draft.deliveries) values.push(delivery.url, delivery.body);
  const rows = await database.query(
    statement(changed, [draft.messages.length, draft.events.length, due.length, draft.deliveries.length]),
    values,
  );
  return rows.length === 1;
}

interface SessionColumn {
  readonly field: keyof HotSession;
  readonly name: string;
  readonly type: string;
  readonly write: (session: HotSession) => unknown;
}

function column<F extends keyof HotSession>(
  field: F,
  name: string,
  type: string,
  write: (value: HotSession[F]) => unknown = (value) => value,
): SessionColumn {
  return { field, name, type, write: (session) => write(session[field]) };
}

/** What a step can change of a session; only what it did change is written. */
const sessionColumns: readonly SessionColumn[] = [
  column('lastSeq', 'last_seq', 'integer'),
  column('lastEventSeq', 'last_event_seq', 'integer'),
  column('unread', 'unread', 'integer'),
  column('lastMessageAt', 'last_message_at', 'timestamptz', maybeInstant),
  column('bot', 'bot_state', 'json', (bot) => (bot === null ? null : JSON.stringify(bot))),
  column('botStatus', 'bot_status', 'text'),
  column('botId', 'bot_id', 'uuid'),
  column('status', 'status', 'text'),
  column('closedAt', 'closed_at', 'timestamptz', maybeInstant),
  column('result', 'result', 'text'),
  column('ttl', 'ttl', 'integer'),
  column('options', 'options', 'jsonb', JSON.stringify),
  column('operatorType', 'operator_type', 'text'),
  column('operatorId', 'operator_id', 'text'),
  column('operatorName', 'operator_name', 'text'),
  column('operatorAssignedAt', 'operator_assigned_at', 'timestamptz', maybeInstant),
  column('operators', 'operators', 'jsonb', JSON.stringify),
  column('clientOnlineAt', 'client_online_at', 'timestamptz', maybeInstant),
  column('clientOfflineAt', 'client_offline_at', 'timestamptz', maybeInstant),
  column('lastOperatorMessageAt', 'last_operator_message_at', 'timestamptz', maybeInstant),
  column('firstClientMessageAfterAt', 'first_client_message_after_at', 'timestamptz', maybeInstant),
];

const messageTypes = [
  'uuid',
  'integer',
  'integer',
  'text',
  'text',
  'text',
  'text',
  'text',
  'json',
  'uuid',
  'uuid',
  'timestamptz',
];

function pushMessage(values: unknown[], message: PlacedMessage): void {
  values.push(
    message.id,
    message.seq,
    message.eventSeq,
    message.authorType,
    message.authorId,
    message.authorName,
    message.type ?? 'REGULAR',
    message.body,
    extras(message),
    message.replyTo?.id ?? null,
    message.clientMessageId ?? null,
    isoInstant(message.createdAt),
  );
}

/** What most messages do not have, as JSON; null where there is nothing. */
function extras(message: PlacedMessage): string | null {
  const { answers, keyboard, attachments, actions } = message;
  const has = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0;
  if (!has(answers) && !has(attachments) && !has(actions) && !keyboard) return null;
  return JSON.stringify({ answers, keyboard, attachments, actions });
}

const statements = new Map<string, Prepared>();

/** How many messages, events, timers and outgoing calls a step adds. */
type Counts = readonly [messages: number, events: number, due: number, deliveries: number];

function statement(changed: readonly SessionColumn[], counts: Counts): Prepared {
  const mask = changed.reduce((bits, one) => bits | (1 << sessionColumns.indexOf(one)), 0);
  const name = `session_append_${mask.toString(36)}_${counts.join('_')}`;
  let prepared = statements.get(name);
  if (prepared === undefined) {
    prepared = { name, text: statementText(changed, counts) };
    statements.set(name, prepared);
  }
  return prepared;
}

function statementText(changed: readonly SessionColumn[], [messages, events, due, deliveries]: Counts): string {
  let next = 3;
  const rows = (count: number, types: readonly string[]): string =>
    Array.from({ length: count }, () => `(${types.map((type) => `$${next++}::${type}`).join(', ')})`).join(', ');
  const sets = changed.map(({ name, type }) => `, ${name} = $${next++}::${type}`).join('');
  const parts = [
    `moved as (update sessions set version = version + 1${sets} where id = $1::uuid and version = $2::integer returning id, company_id)`,
  ];
  if (messages > 0) {
    parts.push(`added_messages as (insert into messages (session_id, company_id, id, seq, event_seq, author_type, author_id,
      author_name, type, body, extras, reply_to, client_message_id, created_at)
      select moved.id, moved.company_id, new.* from moved, (values ${rows(messages, messageTypes)}) as new)`);
  }
  if (events > 0) {
    parts.push(`added_events as (insert into session_events (session_id, event_seq, event, audience, data, created_at)
      select moved.id, new.* from moved, (values ${rows(events, ['integer', 'text', 'text', 'json', 'timestamptz'])}) as new)`);
  }
  if (due > 0) {
    parts.push(`added_due as (insert into due (kind, key, due_at)
      select new.kind, moved.id, new.at from moved, (values ${rows(due, ['text', 'timestamptz'])}) as new (kind, at)
      ${dueConflict()})`);
  }
  if (deliveries > 0) {
    parts.push(`added_deliveries as (insert into deliveries (session_id, url, body)
      select moved.id, new.* from moved, (values ${rows(deliveries, ['text', 'text'])}) as new)`);
  }
  return `with ${parts.join(', ')} select 1 from moved`;
}

function maybeInstant(milliseconds: number | null): string | null {
  return milliseconds === null ? null : isoInstant(milliseconds);
}
