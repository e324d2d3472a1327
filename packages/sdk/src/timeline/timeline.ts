import type {
  Attachment,
  Action,
  ChatMessageCreated,
  EventEnvelope,
  EventName,
  EventPayloads,
  Keyboard,
  Message,
} from '@molva/contract';

/** A message as an application shows it. */
export interface ChatMessage {
  /** The message's id, or the key it is sent under until it has one. */
  readonly id: string;
  readonly clientMessageId: string | null;
  /** Its place among the session's messages: 1, 2, 3 …; null until the server has it. */
  readonly seq: number | null;
  readonly author: 'CLIENT' | 'BOT' | 'OPERATOR';
  readonly authorName: string;
  readonly avatar: string | null;
  readonly body: string;
  readonly answers: readonly string[];
  readonly keyboard: Keyboard | null;
  readonly attachments: readonly Attachment[];
  readonly actions: readonly Action[];
  /** `TERMINAL` is the last message of a dialog. */
  readonly type: 'REGULAR' | 'TERMINAL';
  readonly replyTo: { readonly id: string; readonly body: string; readonly authorName: string } | null;
  readonly createdAt: string;
  /** Of one's own messages: on its way, with the server, or refused. Others are `sent`. */
  readonly delivery: 'pending' | 'sent' | 'failed';
  readonly read: boolean;
}

/** What happened in a session, in order. */
export interface Timeline {
  /** Everything up to this event is applied. */
  readonly lastEventSeq: number;
  readonly messages: readonly ChatMessage[];
  /** Events that came before those they follow. */
  readonly early: ReadonlyMap<number, EventEnvelope>;
  readonly closed: { readonly ratingRequired: boolean } | null;
  readonly operatorName: string | null;
  /** The chat asked for a rating while the session goes on. */
  readonly ratingRequest: { readonly highest: number; readonly text: string } | null;
}

/** The timeline of a session of which everything up to an event is known otherwise. */
export function emptyTimeline(lastEventSeq: number): Timeline {
  return { lastEventSeq, messages: [], early: new Map(), closed: null, operatorName: null, ratingRequest: null };
}

/** What of a timeline the server has not, on the stream of another session or another life from here on. */
export function unsentOf(timeline: Timeline, lastEventSeq: number): Timeline {
  return { ...emptyTimeline(lastEventSeq), messages: timeline.messages.filter(({ delivery }) => delivery !== 'sent') };
}

/** Whether something that came shows that something before it did not. */
export function hasGap(timeline: Timeline): boolean {
  return timeline.early.size > 0;
}

/** Applies an event in its turn: a repeated one changes nothing, an early one waits. */
export function applyEvent(timeline: Timeline, envelope: EventEnvelope): Timeline {
  const eventSeq = seqOf(envelope);
  if (eventSeq === undefined || eventSeq <= timeline.lastEventSeq || timeline.early.has(eventSeq)) return timeline;
  const early = new Map(timeline.early).set(eventSeq, envelope);
  let next: Timeline = { ...timeline, early };
  for (let due = early.get(next.lastEventSeq + 1); due !== undefined; due = early.get(next.lastEventSeq + 1)) {
    early.delete(next.lastEventSeq + 1);
    next = { ...reduce(next, due), lastEventSeq: next.lastEventSeq + 1, early };
  }
  return next;
}

/** The messages that the server has in the later timeline and had not in the earlier. */
export function arrivedBetween(before: Timeline, after: Timeline): ChatMessage[] {
  const known = new Map(before.messages.map((message) => [message.id, message.delivery]));
  return after.messages.filter(({ id, delivery }) => delivery === 'sent' && known.get(id) !== 'sent');
}

function seqOf(envelope: EventEnvelope): number | undefined {
  return 'eventSeq' in envelope.data ? envelope.data.eventSeq : undefined;
}

/** What events change. Any other, of a newer server too, changes nothing and has its place in the order all the same. */
const reducers: { readonly [K in EventName]?: (timeline: Timeline, data: EventPayloads[K]) => Timeline } = {
  chatMessageCreated: (timeline, data) => placeMessage(timeline, fromEvent(data)),
  chatMessageEdited: (timeline, { id, body }) => changeMessage(timeline, id, { body }),
  chatMessageDeleted: (timeline, { id: deleted }) => ({
    ...timeline,
    messages: timeline.messages.filter(({ id }) => id !== deleted),
  }),
  chatMessageRead: (timeline, { messageId }) => changeMessage(timeline, messageId, { read: true }),
  operatorChanged: (timeline, { operatorName }) => ({ ...timeline, operatorName }),
  sessionClosed: (timeline, { sessionRatingRequired }) => ({
    ...timeline,
    closed: { ratingRequired: sessionRatingRequired },
  }),
  ratingRequested: (timeline, { ratingType, ratingText }) => ({
    ...timeline,
    ratingRequest: { highest: Number(ratingType), text: ratingText },
  }),
};

function reduce<K extends EventName>(
  timeline: Timeline,
  { event, data }: { event: K; data: EventPayloads[K] },
): Timeline {
  return Object.hasOwn(reducers, event) ? (reducers[event]?.(timeline, data) ?? timeline) : timeline;
}

/** Puts a message in its place, over the same one if it is there; messages without a place come last. */
export function placeMessage(timeline: Timeline, message: ChatMessage): Timeline {
  const same = (other: ChatMessage): boolean =>
    other.id === message.id || (message.clientMessageId !== null && other.clientMessageId === message.clientMessageId);
  const known = timeline.messages.find(same);
  // What the server has is never overwritten by what is only on its way.
  if (known?.delivery === 'sent' && message.delivery !== 'sent') return timeline;
  const others = timeline.messages.filter((other) => !same(other));
  const order = message.seq ?? Number.POSITIVE_INFINITY;
  const at = others.findIndex((other) => (other.seq ?? Number.POSITIVE_INFINITY) > order);
  const place = at < 0 ? others.length : at;
  return { ...timeline, messages: [...others.slice(0, place), message, ...others.slice(place)] };
}

/** Changes a message, if it is known. */
export function changeMessage(timeline: Timeline, id: string, change: Partial<ChatMessage>): Timeline {
  const at = timeline.messages.findIndex((message) => message.id === id || message.clientMessageId === id);
  const message = timeline.messages[at];
  if (message === undefined) return timeline;
  return { ...timeline, messages: timeline.messages.with(at, { ...message, ...change }) };
}

/** Drops a message that never reached the server. */
export function dropMessage(timeline: Timeline, clientMessageId: string): Timeline {
  return {
    ...timeline,
    messages: timeline.messages.filter(
      (message) => message.clientMessageId !== clientMessageId || message.delivery === 'sent',
    ),
  };
}

function fromEvent(data: ChatMessageCreated): ChatMessage {
  const reply = data.replyToMessage;
  return {
    id: data.id,
    clientMessageId: data.clientMessageId ?? null,
    seq: data.seq,
    author: data.authorType,
    authorName: data.authorName ?? '',
    avatar: data.avatar ?? null,
    body: data.body,
    answers: data.answers,
    keyboard: data.keyboard ?? null,
    attachments: data.attachments,
    actions: data.actions,
    type: data.type ?? 'REGULAR',
    replyTo: reply === undefined ? null : { id: reply.id, body: reply.body ?? '', authorName: reply.authorName ?? '' },
    createdAt: data.createdAt,
    delivery: 'sent',
    read: false,
  };
}

/** Puts a page of the history in its place. */
export function placeHistory(timeline: Timeline, page: readonly Message[]): Timeline {
  return page.reduce((before, message) => placeMessage(before, fromHistory(message)), timeline);
}

/** A message of the history. */
function fromHistory(message: Message): ChatMessage {
  const { replyTo } = message;
  return {
    id: message.id,
    clientMessageId: message.clientMessageId ?? null,
    seq: message.seq,
    author: message.authorType,
    authorName: message.authorName,
    avatar: null,
    body: message.body,
    answers: message.answers,
    keyboard: message.keyboard,
    attachments: message.attachments,
    actions: message.actions,
    type: message.type,
    replyTo: replyTo === null ? null : { id: replyTo.id ?? '', body: replyTo.body, authorName: replyTo.authorName },
    createdAt: message.createdAt,
    delivery: 'sent',
    read: message.readAt !== null,
  };
}
