import type { EventEnvelope, MessageAccepted, SessionStarted } from '@molva/contract';
import { transition, type Command, type ConnectionEvent, type ConnectionState } from './connection/machine.ts';
import { backoff, type Timer } from './environment.ts';
import { isMolvaError, saysEnd } from './errors.ts';
import { Live } from './live.ts';
import { ownMessage, socketError } from './outgoing.ts';
import { Outbox, type OutgoingMessage, type Sent } from './outbox/outbox.ts';
import { StartCalls } from './call-start.ts';
import { readLog } from './catch-up.ts';
import { noSession, type ChatParts } from './parts.ts';
import * as timelines from './timeline/timeline.ts';
import type { ChatState } from './types.ts';
import { TypingSign } from './typing-sign.ts';

const NEWEST = 2_147_483_647;

/** An accepted message, and the session that has it: by then another one may be shown. */
type Accepted = MessageAccepted & { readonly sessionId: string };

/** Carries out what the connection machine says, and feeds the timeline. */
export class Engine {
  readonly outbox: Outbox<Accepted>;
  readonly #parts: ChatParts;
  #connection: ConnectionState = { name: 'idle' };
  #timeline = timelines.emptyTimeline(0);
  #live: Live | undefined;
  #retry: Timer | undefined;
  readonly #typing: TypingSign;
  #oldestSeq: number | undefined;
  #forceNew = false;
  readonly #starts: StartCalls;
  /** Whose the answer to a start call is: that of the newest start. */
  #turn: object | undefined;
  /** The life of the session's stream. */
  #epoch: string | undefined;
  /** What is shown is of another life: it is read anew. */
  #stale = false;
  /** Refused messages as they were sent, until they are sent again or forgotten. */
  readonly #refused = new Map<string, OutgoingMessage>();

  constructor(parts: ChatParts) {
    this.#parts = parts;
    this.#starts = new StartCalls(parts);
    this.#typing = new TypingSign(parts.clock, (typing) => {
      parts.store.set({ typing });
      parts.events.emit('typing', typing);
    });
    this.outbox = new Outbox({
      clock: parts.clock,
      random: Math.random,
      post: (message) => this.#post(message),
      settled: (message, outcome) => this.#settled(message, outcome),
      changed: (outbox) => parts.memory.keep({ outbox }),
    });
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  /** Feeds the machine and carries out its commands. */
  dispatch(event: ConnectionEvent): void {
    const { state, commands } = transition(this.#connection, event);
    if (state !== this.#connection) {
      // Messages were let go to be refused: what comes from here on waits for another session.
      if (this.#connection.name === 'closed') this.outbox.pause();
      this.#connection = state;
      const error = 'error' in state ? state.error : null;
      this.#parts.store.set({ connection: state.name, error });
      this.#parts.events.emit('connection', state.name);
      if (error !== null) this.#parts.events.emit('error', error);
    }
    for (const command of commands) this.#carryOut(command);
  }

  /** Shows a message and puts it on its way. */
  send(message: OutgoingMessage): void {
    this.#show(timelines.placeMessage(this.#timeline, ownMessage(message)));
    this.outbox.add(message);
  }

  /** Puts what an earlier page left unsent on its way again. */
  resume(messages: readonly OutgoingMessage[]): void {
    for (const message of messages) this.#show(timelines.placeMessage(this.#timeline, ownMessage(message)));
    this.outbox.add(...messages);
  }

  /** Sends a refused message once more, under the same key. */
  retry(clientMessageId: string): void {
    const message = this.#refused.get(clientMessageId);
    if (message === undefined) return;
    this.discard(clientMessageId);
    this.send(message);
  }

  /** Forgets a message that was refused. */
  discard(clientMessageId: string): void {
    this.#refused.delete(clientMessageId);
    this.#show(timelines.dropMessage(this.#timeline, clientMessageId));
  }

  typing(): void {
    this.#live?.typing();
  }

  /** Reads older messages; false where there are no more. */
  async loadHistory(limit: number): Promise<boolean> {
    const { api, store } = this.#parts;
    const { session } = store.state;
    if (session === null) return false;
    const before = this.#oldestSeq;
    const { items } = await api.history(session.id, before ?? NEWEST, limit);
    // Another session, another life of it or the same page read twice: this one belongs nowhere.
    if (store.state.session?.id !== session.id || this.#oldestSeq !== before) return store.state.hasMoreHistory;
    this.#oldestSeq = items.at(-1)?.seq ?? this.#oldestSeq;
    this.#show(timelines.placeHistory(this.#timeline, items));
    const hasMoreHistory = items.length === limit && this.#oldestSeq !== 1;
    store.set({ hasMoreHistory });
    return hasMoreHistory;
  }

  /** Leaves the session behind: the next start begins another. */
  forgetSession(): void {
    this.#forceNew = true;
    this.#starts.abandon();
    this.#turn = undefined;
    this.#timeline = timelines.emptyTimeline(0);
    this.#oldestSeq = undefined;
    this.#parts.api.sessionToken = undefined;
    this.#parts.memory.keep({ sessionId: undefined, sessionToken: undefined, startKey: undefined });
    this.#parts.store.set(noSession);
  }

  #carryOut(command: Command): void {
    switch (command.type) {
      case 'callStart':
        return void this.#start();
      case 'scheduleRetry': {
        const wait = command.error.details.retryAfter ?? backoff(command.attempt, Math.random);
        this.#retry = this.#parts.clock.setTimeout(() => this.dispatch({ type: 'retryDue' }), wait);
        return;
      }
      case 'cancelRetry':
        return this.#retry?.cancel();
      case 'openSocket':
        return this.#openSocket();
      case 'closeSocket':
        this.#live?.close();
        this.#live = undefined;
        // What is written after the end is refused by the server, and not kept on its way without a word.
        if (this.#connection.name !== 'closed') this.outbox.pause();
        return this.#typing.hide();
      case 'catchUp':
        return void this.#catchUp();
    }
  }

  async #start(): Promise<void> {
    const turn = (this.#turn = {});
    try {
      const started = await this.#starts.call(!this.#forceNew);
      if (started === undefined || this.#turn !== turn) return;
      this.#adopt(started);
      if (this.#connection.name !== 'starting') return;
      await this.loadHistory(this.#parts.options.historySize ?? 50);
      if (this.#turn !== turn || this.#connection.name !== 'starting') return;
      this.dispatch({ type: 'started' });
      this.outbox.open();
    } catch (error) {
      if (!isMolvaError(error)) throw error;
      if (this.#turn !== turn) return;
      this.dispatch(error.shouldRetry() ? { type: 'startUnreachable', error } : { type: 'startRefused', error });
    }
  }

  #adopt(started: SessionStarted): void {
    const { api, memory, store } = this.#parts;
    const { id, clientId, startedAt, ttl, sessionToken, eventSeq } = started;
    if (store.state.session?.id !== id) {
      this.#timeline = timelines.unsentOf(this.#timeline, eventSeq);
      this.#oldestSeq = undefined;
      this.#epoch = undefined;
      this.#stale = false;
    }
    this.#forceNew = false;
    api.sessionToken = sessionToken;
    memory.keep({ sessionId: id, clientId, sessionToken });
    // The server goes on with it: whatever said before that it is over was wrong.
    this.#timeline = { ...this.#timeline, closed: null };
    store.set({ session: { id, clientId, startedAt, ttl }, closed: null });
  }

  #openSocket(): void {
    const { api, options, store } = this.#parts;
    const { session } = store.state;
    if (session === null) return;
    this.#live = new Live({
      url: options.url,
      sessionId: session.id,
      sessionToken: () => api.sessionToken,
      websocket: options.websocket,
      listener: {
        stands: (offset, epoch) => this.#compare(offset, epoch),
        up: () => this.dispatch({ type: 'socketUp' }),
        down: () => this.dispatch({ type: 'socketDown' }),
        refused: (code, reason) => this.dispatch({ type: 'socketRefused', error: socketError(code, reason) }),
        event: (envelope) => this.#hear(envelope),
      },
    });
  }

  /** The server may have lost what it told of before: then everything is loaded anew, from where its stream stands. */
  #compare(offset: number, epoch: string): void {
    const begunAnew = this.#epoch !== undefined && this.#epoch !== epoch;
    this.#epoch = epoch;
    if (!begunAnew && offset >= this.#timeline.lastEventSeq) return;
    this.#timeline = timelines.unsentOf(this.#timeline, offset);
    this.#oldestSeq = undefined;
    this.#stale = true;
  }

  /** Reads what was missed, until it is read or the socket is gone. */
  async #catchUp(): Promise<void> {
    const { session } = this.#parts.store.state;
    if (session === null) return;
    const live = this.#live;
    const outcome = await readLog(this.#parts, session.id, {
      isWanted: () => this.#live === live && this.#connection.name === 'catchingUp',
      begin: async () => {
        if (this.#stale) await this.loadHistory(this.#parts.options.historySize ?? 50);
        if (this.#live === live) this.#stale = false;
      },
      last: () => this.#timeline.lastEventSeq,
      take: (envelope) => this.#apply(envelope),
      random: Math.random,
    });
    if (outcome === 'unwanted') return;
    if (outcome !== 'read' && saysEnd(outcome)) return this.#end({ ratingRequired: false });
    if (outcome !== 'read') return this.dispatch({ type: 'socketRefused', error: outcome });
    this.dispatch({ type: 'caughtUp' });
    if (timelines.hasGap(this.#timeline)) this.dispatch({ type: 'gapSeen' });
  }

  #hear(envelope: EventEnvelope): void {
    if (envelope.event === 'showTypingIndicator') return this.#typing.show(envelope.data.authorType);
    this.#apply(envelope);
    if (timelines.hasGap(this.#timeline)) this.dispatch({ type: 'gapSeen' });
  }

  #apply(envelope: EventEnvelope): void {
    const { events, store } = this.#parts;
    const before = this.#timeline;
    const after = timelines.applyEvent(before, envelope);
    if (after === before) return;
    const fresh = timelines.arrivedBetween(before, after);
    const others = fresh.filter(({ author }) => author !== 'CLIENT').length;
    if (others > 0) this.#typing.hide();
    this.#show(after);
    store.set({ unread: store.state.unread + others });
    for (const message of fresh) events.emit('message', message);
    const { ratingRequest } = after;
    if (ratingRequest !== null && ratingRequest !== before.ratingRequest) events.emit('ratingRequested', ratingRequest);
    if (after.closed !== null && before.closed === null) this.#end(after.closed);
  }

  #end(closed: NonNullable<ChatState['closed']>): void {
    const { events } = this.#parts;
    this.#show({ ...this.#timeline, closed });
    events.emit('closed', closed);
    this.dispatch({ type: 'sessionClosed' });
  }

  async #post(message: OutgoingMessage): Promise<Accepted> {
    const { api, store } = this.#parts;
    const { session } = store.state;
    if (session === null) throw new Error('a message left without a session');
    return { ...(await api.send(session.id, message)), sessionId: session.id };
  }

  #settled(message: OutgoingMessage, outcome: Sent<Accepted>): void {
    const { events, store } = this.#parts;
    if ('refused' in outcome) {
      this.#refused.set(message.clientMessageId, message);
      this.#show(timelines.changeMessage(this.#timeline, message.clientMessageId, { delivery: 'failed' }));
      events.emit('error', outcome.refused);
      return;
    }
    const { id, createdAt, seq, sessionId } = outcome.answer;
    if (store.state.session?.id !== sessionId || this.#timeline.messages.some((known) => known.id === id)) return;
    const accepted = { ...ownMessage(message), id, createdAt, seq, delivery: 'sent' } as const;
    this.#show(timelines.placeMessage(this.#timeline, accepted));
    events.emit('message', accepted);
  }

  #show(timeline: timelines.Timeline): void {
    this.#timeline = timeline;
    const { messages, closed, operatorName } = timeline;
    this.#parts.store.set({ messages, closed, operatorName });
  }
}
