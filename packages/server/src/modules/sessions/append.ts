import type { Prepared, Queryable } from '../../platform/database.ts';
import { dueConflict } from '../../platform/due.ts';
import type { Draft, PlacedMessage } from './draft.ts';
import type { HotSession } from './session.ts';
import { isoInstant } from '../../platform/instant.ts';

/**
 * The hot write: one statement that moves the session from the version it was seen at and adds its messages, events,
 * timers and outgoing calls; all or nothing. A round trip costs more than the rows, so there is only this one. The
 * text depends on how many rows there are; a handful of shapes covers nearly all steps, each prepared once.
 */
export async function append(database: Queryable, draft: Draft): Promise<boolean> {
  const values: unknown[] = sessionValues(draft.before, draft.session);
  for (const message of draft.messages) pushMessage(values, message);
  const at = isoInstant(draft.now);
  for (const event of draft.events) values.push(event.eventSeq, event.event, event.audience, event.data, at);
  const due = draft.due;
  for (const wish of due) values.push(wish.kind, isoInstant(wish.at));
  for (const delivery of draft.deliveries) values.push(delivery.url, delivery.body);
  const rows = await database.query(
    statement(draft.messages.length, draft.events.length, due.length, draft.deliveries.length),
    values,
  );
  return rows.length === 1;
}

const sessionColumns = [
  ['last_seq', 'integer'],
  ['last_event_seq', 'integer'],
  ['unread', 'integer'],
  ['last_message_at', 'timestamptz'],
  ['bot_state', 'json'],
  ['bot_status', 'text'],
  ['bot_id', 'uuid'],
  ['status', 'text'],
  ['closed_at', 'timestamptz'],
  ['result', 'text'],
  ['ttl', 'integer'],
  ['options', 'jsonb'],
  ['operator_type', 'text'],
  ['operator_id', 'text'],
  ['operator_name', 'text'],
  ['operator_assigned_at', 'timestamptz'],
  ['operators', 'jsonb'],
  ['client_online_at', 'timestamptz'],
  ['client_offline_at', 'timestamptz'],
  ['last_operator_message_at', 'timestamptz'],
  ['first_client_message_after_at', 'timestamptz'],
] as const;

function sessionValues(before: HotSession, after: HotSession): unknown[] {
  return [
    after.id,
    before.version,
    after.lastSeq,
    after.lastEventSeq,
    after.unread,
    maybeIso(after.lastMessageAt),
    after.bot === null ? null : JSON.stringify(after.bot),
    after.botStatus,
    after.botId,
    after.status,
    maybeIso(after.closedAt),
    after.result,
    after.ttl,
    JSON.stringify(after.options),
    after.operatorType,
    after.operatorId,
    after.operatorName,
    maybeIso(after.operatorAssignedAt),
    JSON.stringify(after.operators),
    maybeIso(after.clientOnlineAt),
    maybeIso(after.clientOfflineAt),
    maybeIso(after.lastOperatorMessageAt),
    maybeIso(after.firstClientMessageAfterAt),
  ];
}

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

function statement(messages: number, events: number, due: number, deliveries: number): Prepared {
  const name = `session_append_${messages}_${events}_${due}_${deliveries}`;
  let prepared = statements.get(name);
  if (prepared === undefined) {
    prepared = { name, text: statementText(messages, events, due, deliveries) };
    statements.set(name, prepared);
  }
  return prepared;
}

function statementText(messages: number, events: number, due: number, deliveries: number): string {
  let next = 3;
  const rows = (count: number, types: readonly string[]): string =>
    Array.from({ length: count }, () => `(${types.map((type) => `$${next++}::${type}`).join(', ')})`).join(', ');
  const sets = sessionColumns.map(([column, type]) => `${column} = $${next++}::${type}`).join(', ');
  const parts = [
    `moved as (update sessions set version = version + 1, ${sets} where id = $1::uuid and version = $2::integer returning id, company_id)`,
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

function maybeIso(milliseconds: number | null): string | null {
  return milliseconds === null ? null : isoInstant(milliseconds);
}
