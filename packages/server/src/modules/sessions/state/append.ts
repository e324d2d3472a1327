import { EventName } from '@molva/contract';
import type { Queryable } from '../../../platform/database.ts';
import { isoInstant } from '../../../platform/instant.ts';
import { deliveryPlace } from '../../../platform/vault.ts';
import { appendStatement, type Counts } from './append-text.ts';
import { createdEvent } from './created-event.ts';
import type { Draft, DraftPorts, MessageChange, PlacedMessage, SeatGuard } from './draft.ts';
import { packedEventExtras, packedExtras } from './message-extras.ts';
import { stepColumns, type StepColumn } from './written-columns.ts';

/** What a step writes: the columns that moved, how many rows it adds, and the values of both in the statement's order. */
export interface Write {
  readonly columns: readonly StepColumn[];
  readonly counts: Counts;
  readonly values: readonly unknown[];
}

/**
 * The hot write: one statement that moves the session from the version it was seen at and adds its messages, events,
 * timers and outgoing calls; all or nothing. A round trip costs more than the rows, so there is only this one. The
 * text depends on what changed and how many rows there are; a handful of shapes covers nearly all steps, each prepared
 * once.
 */
export async function append(
  database: Pick<Queryable, 'texts'>,
  { columns, counts, values }: Write,
  seat: SeatGuard | null,
): Promise<boolean> {
  const written = (await database.texts(appendStatement(columns, counts), values)).length === 1;
  if (!written && seat !== null && seat.epoch !== null) throw new SeatTaken();
  return written;
}

/** What a draft comes to. */
export function writeOf({ ids, vault }: DraftPorts, draft: Draft): Write {
  const { before, session, seat, due, deliveries, facts, traces, change } = draft;
  // A message is its own event, and has no other row.
  const entries = draft.events.filter(({ event }) => event !== EventName.chatMessageCreated);
  const columns = stepColumns.filter(({ changed }) => changed(before, session));
  const seated = seat === null ? [] : [before.companyId, seat.userId, seat.epoch];
  const values: unknown[] = [before.id, before.version, ...seated, ...columns.map(({ write }) => write(session))];
  for (const message of draft.messages) pushMessage(values, message);
  const at = isoInstant(draft.now);
  for (const { eventSeq, event, audience, data } of entries) values.push(eventSeq, event, audience, data, at);
  for (const { kind, key, at: dueAt } of due) values.push(kind, key, isoInstant(dueAt));
  const place = deliveryPlace(before.id);
  for (const { url, body, proof, caller } of deliveries) {
    values.push(vault.seal(url, place), vault.seal(body, place), proof, caller);
  }
  for (const { botId, context, name, value } of facts) {
    values.push(ids.uuid7(), botId, context, name, JSON.stringify(value), at);
  }
  for (const info of traces) values.push(ids.uuid7(), info, at);
  if (change !== null) pushChange(values, before.id, change, at);
  const counts: Counts = {
    messages: draft.messages.length,
    events: entries.length,
    due: due.length,
    deliveries: deliveries.length,
    facts: facts.length,
    traces: traces.length,
    change: change?.kind ?? null,
    seat: seat !== null,
  };
  return { columns, counts, values };
}

/** What routing decided is void, as the session or the seat is no longer as it was seen: nothing was written. */
export class SeatTaken extends Error {
  constructor() {
    super('the session or the seat moved on');
  }
}

function pushChange(values: unknown[], sessionId: string, change: MessageChange, at: string): void {
  values.push(change.id);
  if (change.kind === 'edit') values.push(change.body, change.extras);
  if (change.kind === 'delete') values.push(change.eventSeq);
  values.push(at);
  if (change.kind !== 'edit') return;
  const { eventSeq, event, audience, data } = createdEvent(sessionId, change.said);
  values.push(eventSeq, event, audience, data, isoInstant(change.said.createdAt));
}

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
    packedEventExtras(message),
    message.replyTo?.id ?? null,
    message.clientMessageId ?? null,
    isoInstant(message.createdAt),
  );
}
