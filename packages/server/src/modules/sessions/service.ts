import type { Announcer } from '../../platform/announcer.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { databaseError, UNIQUE_VIOLATION } from '../../platform/database.ts';
import type { DueRunner } from '../../platform/due.ts';
import { badField, Failure, notFound } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Caller } from '../../platform/route.ts';
import type { Chats } from '../chats/index.ts';
import type { BotSource } from './bot-port.ts';
import { notifierFor } from './callbacks.ts';
import {
  acceptMessage,
  botOf,
  checkContent,
  isUuid,
  readReplyTo,
  refuseUnlessOpen,
  type IncomingMessage,
} from './client-message.ts';
import { SessionTokens } from './holder.ts';
import { SessionList, type ListedSession } from './list.ts';
import { botIsTyping, type HotSession } from './session.ts';
import { Starts, type FileSource, type StartCall, type StartOutcome } from './start.ts';
import { Steps } from './steps.ts';
import { SessionStore, type MessageRow } from './store.ts';
import { Timers } from './timers.ts';
import { TurnWaiter } from './turn-waiter.ts';

/** What the module needs. */
export interface SessionPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly announcer: Announcer;
  readonly due: DueRunner;
  readonly chats: Chats;
  readonly bots: BotSource;
  readonly files: FileSource;
  readonly tokenKey: Uint8Array;
  /** Aborted when the process begins to stop. */
  readonly stopping: AbortSignal;
}

/** What became of a client's message. */
export interface Accepted {
  readonly id: string;
  readonly createdAt: number;
  readonly seq: number;
  readonly eventSeq: number;
  readonly replayed: boolean;
}

const CLOSE_BATCH = 100;
/** How long a rating can be changed. */
const RATING_CHANGE_MS = 600_000;

/** Sessions: one conversation of one client each. */
export class Sessions {
  readonly tokens: SessionTokens;
  readonly store: SessionStore;
  readonly #ports: SessionPorts;
  readonly #steps: Steps;
  readonly #starts: Starts;
  readonly #list: SessionList;
  readonly #timers: Timers;

  constructor(ports: SessionPorts) {
    const { database, clock, ids, announcer, due, chats, bots, files } = ports;
    this.#ports = ports;
    this.tokens = new SessionTokens(ports.tokenKey, clock);
    this.store = new SessionStore(database);
    this.#list = new SessionList(database);
    const notifierOf = async (session: HotSession) => {
      const chat = await chats.evenDeleted(session.chatId);
      return notifierFor(session, chat, ids);
    };
    this.#steps = new Steps({ database, clock, announcer, due, notifierOf });
    const waiter = new TurnWaiter(announcer, clock, this.#steps, ports.stopping);
    const { store, tokens } = this;
    const steps = this.#steps;
    this.#starts = new Starts({ database, clock, ids, chats, bots, files, steps, store, tokens, waiter, notifierOf });
    this.#timers = new Timers({ due, clock, ids, chats, bots, steps, store });
    this.#timers.register();
  }

  /** Sets the timers that belong to no session; once, at the start of the process. */
  begin(): Promise<void> {
    return this.#timers.begin();
  }

  /** Starts or continues a session. */
  start(call: StartCall): Promise<StartOutcome> {
    return this.#starts.start(call);
  }

  /** A session that the caller may enter; throws `entity-not-found` or `session-token-refused`. */
  async enter(id: string, caller: Pick<Caller, 'user' | 'sessionToken'>): Promise<HotSession> {
    // Live connections name sessions in texts of their own: what is no id names nothing.
    if (!isUuid(id)) throw notFound();
    const session = await this.#steps.get(id);
    this.tokens.admit(session, await this.#ports.chats.evenDeleted(session.chatId), caller);
    return session;
  }

  /** A session of the company with all a user may see. */
  async details(id: string, companyId: number): Promise<ListedSession> {
    const found = await this.#list.find(companyId, id);
    if (found === undefined) throw notFound();
    return found;
  }

  /** The company's sessions. */
  get list(): SessionList {
    return this.#list;
  }

  /** Takes a client's message; the bot answers in the same step. A repeat of its key answers the first answer. */
  async acceptMessage(session: HotSession, incoming: IncomingMessage): Promise<Accepted> {
    checkContent(incoming.body, incoming.attachments, 'body');
    const { bots, chats, ids } = this.#ports;
    const replyTo = await readReplyTo(this.store, session.id, incoming.replyToMessageId);
    try {
      return await this.#steps.run(session.id, async (draft) => {
        if (draft.session.status === 'CLOSED') await this.#refuseClosed(session.id, incoming.key);
        const chat = await chats.evenDeleted(draft.session.chatId);
        const bot = await botOf(bots, draft);
        const { message } = acceptMessage(draft, incoming, { chat, bot, ids, callBack: true, replyTo });
        return { ...message, replayed: false };
      });
    } catch (error) {
      const row = await this.#repeated(error, session.id, incoming.key);
      return { id: row.id, createdAt: row.created_at, seq: row.seq, eventSeq: row.event_seq, replayed: true };
    }
  }

  /** The client is there: it joined over a live connection. */
  async joined(id: string): Promise<void> {
    await this.#steps.run(id, (draft) => {
      refuseUnlessOpen(draft);
      draft.set({ clientOnlineAt: draft.now });
      // Who comes in the middle of a pause sees that the bot is at it.
      if (botIsTyping(draft.session)) draft.showTyping();
      draft.notify('CLIENT_ONLINE', { sessionId: id, clientId: draft.session.clientId });
    });
  }

  /** The client's last live connection is gone. */
  async left(id: string): Promise<void> {
    await this.#steps.run(id, (draft) => {
      if (draft.session.status === 'CLOSED') return;
      draft.set({ clientOfflineAt: draft.now });
      draft.notify('CLIENT_OFFLINE', { sessionId: id, clientId: draft.session.clientId });
    });
  }

  /** The client read a message of the other side; the first reading stays. */
  async readMessage(id: string, messageId: string): Promise<void> {
    const found = await this.store.markRead(id, messageId, this.#ports.clock.now());
    if (!found) throw notFound();
  }

  /** The client rates the session, within its scale; changeable for ten minutes. */
  async rate(id: string, rating: number, comment: string | undefined): Promise<void> {
    const session = await this.#steps.get(id);
    const chat = await this.#ports.chats.evenDeleted(session.chatId);
    const highest = Number(chat.settings.ratingType);
    if (rating > highest) throw badField('rating', `must be at most ${highest}`);
    const now = this.#ports.clock.now();
    const kept = await this.store.rate(id, rating, comment ?? null, now, now - RATING_CHANGE_MS);
    if (!kept) throw new Failure('session-rated');
    await this.#steps.run(id, (draft) =>
      draft.notify('SESSION_RATED', { sessionId: id, rating, comment: comment ?? null }),
    );
  }

  /** Throws where the session takes nothing more from its client. */
  async checkOpen(session: HotSession): Promise<void> {
    const now = await this.#steps.get(session.id);
    if (now.status === 'CLOSED') throw new Failure('session-closed');
  }

  /** Ends all live sessions of a chat. */
  async closeChat(chatId: string): Promise<void> {
    for (;;) {
      const ids = await this.store.liveInChat(chatId, CLOSE_BATCH);
      if (ids.length === 0) return;
      for (const id of ids) await this.#steps.run(id, (draft) => draft.close(false));
    }
  }

  async #refuseClosed(sessionId: string, key: string | undefined): Promise<never> {
    const row = key === undefined ? undefined : await this.store.messageByKey(sessionId, key);
    throw row === undefined ? new Failure('session-closed') : new Repeated(row);
  }

  /** The message a failed write repeated; throws the error on where it was something else. */
  async #repeated(error: unknown, sessionId: string, key: string | undefined): Promise<MessageRow> {
    if (error instanceof Repeated) return error.row;
    const row =
      key !== undefined && databaseError(error)?.code === UNIQUE_VIOLATION
        ? await this.store.messageByKey(sessionId, key)
        : undefined;
    if (row === undefined) throw error;
    return row;
  }
}

/** Ends a step because its message is there already. */
class Repeated extends Error {
  readonly row: MessageRow;

  constructor(row: MessageRow) {
    super('the message was accepted before');
    this.row = row;
  }
}
