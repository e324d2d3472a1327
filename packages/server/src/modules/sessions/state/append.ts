import { EventName } from '@molva/contract';
import { prepared, type Prepared, type Queryable, type Statement } from '../../../platform/database.ts';
import { dueConflict } from '../../../platform/due-rows.ts';
import { isoInstant } from '../../../platform/instant.ts';
import type { Ids } from '../../../platform/ids.ts';
import type { Draft, MessageChange, PlacedMessage } from './draft.ts';
import { packedExtras } from './message-extras.ts';
import { seatGuard } from './seat-guard.ts';
import { stepColumns, type StepColumn } from './written-columns.ts';

/**
 * The hot write: one statement that moves the session from the version it was seen at and adds its messages, events,
 * timers and outgoing calls; all or nothing. A round trip costs more than the rows, so there is only this one. The
 * text depends on what changed and how many rows there are; a handful of shapes covers nearly all steps, each prepared
 * once.
 */
export async function append(database: Pick<Queryable, 'count'>, ids: Ids, draft: Draft): Promise<boolean> {
  const { before, session } = draft;
  const moved = stepColumns.filter(({ changed }) => changed(before, session));
  const { seat } = draft;
  const seated = seat === null ? [] : [before.companyId, seat.userId, seat.epoch];
  const values: unknown[] = [before.id, before.version, ...seated, ...moved.map(({ write }) => write(session))];
  for (const message of draft.messages) pushMessage(values, message);
  const at = isoInstant(draft.now);
  for (const event of draft.events) values.push(event.eventSeq, event.event, event.audience, event.data, at);
  const due = draft.due;
  for (const { kind, key, at: dueAt } of due) values.push(kind, key, isoInstant(dueAt));
  for (const { url, body, headers } of draft.deliveries) {
    values.push(url, body, headers === undefined ? null : JSON.stringify(headers));
  }
  for (const { botId, context, name, value } of draft.facts) {
    values.push(ids.uuid7(), botId, context, name, JSON.stringify(value), at);
  }
  for (const info of draft.traces) values.push(ids.uuid7(), info, at);
  if (draft.change !== null) pushChange(values, draft.change, at);
  const counts: Counts = {
    messages: draft.messages.length,
    events: draft.events.length,
    due: due.length,
    deliveries: draft.deliveries.length,
    facts: draft.facts.length,
    traces: draft.traces.length,
    change: draft.change?.kind ?? null,
    seat: seat !== null,
  };
  const written = (await database.count(appendStatement(moved, counts), values)) === 1;
  if (!written && seat !== null && seat.epoch !== null) throw new SeatTaken();
  return written;
}

/** What routing decided is void, as the session or the seat is no longer as it was seen: nothing was written. */
export class SeatTaken extends Error {
  constructor() {
    super('the session or the seat moved on');
  }
}

function pushChange(values: unknown[], change: MessageChange, at: string): void {
  values.push(change.id);
  if (change.kind === 'edit') values.push(change.body, change.extras);
  if (change.kind === 'delete') values.push(change.eventSeq);
  values.push(at);
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
    packedExtras(message),
    message.replyTo?.id ?? null,
    message.clientMessageId ?? null,
    isoInstant(message.createdAt),
  );
}

const statements = new Map<string, Prepared>();

/** How many rows of each table a step adds, and what it does to an older message. */
export interface Counts {
  readonly messages: number;
  readonly events: number;
  readonly due: number;
  readonly deliveries: number;
  readonly facts: number;
  readonly traces: number;
  readonly change: MessageChange['kind'] | null;
  /** Whether a person gets the session. */
  readonly seat: boolean;
}

/** The statement that writes the columns and so many rows, prepared under a name of its own where it comes often. */
export function appendStatement(columns: readonly StepColumn[], counts: Counts): Statement {
  // A bot can say anything in any number: only the shapes that come all the time are worth a plan on each connection.
  if (!isUsual(counts)) return { text: statementText(columns, counts) };
  const shape = shapeOf(columns, counts);
  let known = statements.get(shape);
  if (known === undefined) {
    known = prepared('session_append', statementText(columns, counts));
    statements.set(shape, known);
  }
  return known;
}

/** What tells two statements apart, made for every step: a character for each column, then what is counted. */
function shapeOf(columns: readonly StepColumn[], counts: Counts): string {
  let shape = '';
  for (const { sign } of columns) shape += sign;
  const { messages, events, due, deliveries, facts, traces, change, seat } = counts;
  return `${shape} ${messages} ${events} ${due} ${deliveries} ${facts} ${traces} ${change} ${seat}`;
}

function isUsual({ messages, events, due, deliveries, facts, traces }: Counts): boolean {
  return messages <= 4 && events <= 8 && due <= 4 && deliveries <= 6 && facts <= 2 && traces <= 1;
}

function statementText(columns: readonly StepColumn[], counts: Counts): string {
  const { messages, events, due, deliveries, facts, traces, change, seat } = counts;
  let next = 3;
  const rows = (count: number, types: readonly string[]): string =>
    Array.from({ length: count }, () => `(${types.map((type) => `$${next++}::${type}`).join(', ')})`).join(', ');
  const guard = seat ? seatGuard(next) : null;
  if (seat) next += 3;
  const sets = columns.map(({ name, type }) => `, ${name} = $${next++}::${type}`).join('');
  const parts = [
    ...(guard === null ? [] : [guard.part]),
    `moved as (update sessions set version = version + 1${sets} where id = $1::uuid and version = $2::integer
      ${guard === null ? '' : `and ${guard.condition}`} returning id, company_id, client_id, version)`,
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
    parts.push(`added_due as (insert into due (kind, key, due_at, version, company_id)
      select new.kind, new.key, new.at, moved.version, moved.company_id
      from moved, (values ${rows(due, ['text', 'uuid', 'timestamptz'])}) as new (kind, key, at)
      ${dueConflict()})`);
  }
  if (deliveries > 0) {
    parts.push(`added_deliveries as (insert into deliveries (session_id, url, body, headers)
      select moved.id, new.* from moved, (values ${rows(deliveries, ['text', 'text', 'json'])}) as new)`);
  }
  if (facts > 0) {
    parts.push(`saved_facts as (insert into facts (company_id, client_id, id, bot_id, context, name, value, created_at, updated_at)
      select moved.company_id, moved.client_id, new.id, new.bot_id, new.context, new.name, new.value, new.at, new.at
      from moved, (values ${rows(facts, ['uuid', 'uuid', 'text', 'text', 'jsonb', 'timestamptz'])})
        as new (id, bot_id, context, name, value, at)
      on conflict (company_id, bot_id, client_id, context, name)
      do update set value = excluded.value, updated_at = excluded.updated_at)`);
  }
  if (traces > 0) {
    parts.push(`added_traces as (insert into bot_traces (session_id, id, info, created_at)
      select moved.id, new.* from moved, (values ${rows(traces, ['uuid', 'json', 'timestamptz'])}) as new)`);
  }
  if (change !== null) parts.push(...changeParts(change, next));
  return `with ${parts.join(', ')} select 1 from moved`;
}

/** What a change of an older message does; its values begin at the given parameter. */
function changeParts(change: MessageChange['kind'], first: number): string[] {
  const here = `where m.session_id = moved.id and m.id = $${first}::uuid`;
  switch (change) {
    case 'edit':
      return [
        `edited as (update messages m set body = $${first + 1}::text, extras = $${first + 2}::json,
          updated_at = $${first + 3}::timestamptz from moved ${here})`,
      ];
    case 'delete':
      // What was said is gone from the log too, as whoever catches up would read it there.
      return [
        `deleted as (update messages m set body = '', extras = null, deleted_at = $${first + 2}::timestamptz from moved ${here})`,
        `scrubbed as (update session_events e set data = (e.data::jsonb || '{"body":"","answers":[],"attachments":[],"actions":[]}')::json
          from moved where e.session_id = moved.id and e.event_seq = $${first + 1}::integer)`,
        `unedited as (update session_events e set data = (e.data::jsonb || '{"body":""}')::json from moved
          where e.session_id = moved.id and e.event = '${EventName.chatMessageEdited}' and e.data->>'id' = $${first}::uuid::text)`,
        `unquoted as (update session_events e set data = jsonb_set(e.data::jsonb, '{replyToMessage,body}', '""')::json from moved
          where e.session_id = moved.id and e.data->>'replyId' = $${first}::uuid::text)`,
      ];
    case 'read':
      return [
        `seen as (update messages m set read_at = coalesce(m.read_at, $${first + 1}::timestamptz) from moved ${here})`,
      ];
  }
}
