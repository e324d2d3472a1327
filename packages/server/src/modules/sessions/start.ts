import type { Attachment, SessionStarted, StartSessionBody } from '@molva/contract';
import { wireDate } from '@molva/contract';
import { databaseError, UNIQUE_VIOLATION, type Database } from '../../platform/database.ts';
import type { Clock } from '../../platform/clock.ts';
import { badField, Failure } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Caller } from '../../platform/route.ts';
import type { ChatRecord, Chats } from '../chats/index.ts';
import type { BotSource, ReadyBot } from './bot-port.ts';
import {
  acceptMessage,
  botOf,
  checkContent,
  readReplyTo,
  refuseUnlessOpen,
  type IncomingMessage,
} from './client-message.ts';
import { findOrCreateClient, type ClientRow } from './clients.ts';
import { createSession } from './create.ts';
import { Draft, type PlacedMessage } from './draft.ts';
import type { SessionTokens } from './holder.ts';
import { readIdentity, type Identity } from './identity.ts';
import { botIsPaused, expiresAt, type HotSession } from './session.ts';
import { givenVariables, newSession } from './new-session.ts';
import { chosenOptions } from './options.ts';
import type { SessionStore } from './store.ts';
import type { NotifierOf, Steps } from './steps.ts';
import { takeTurn } from './turns.ts';
import { startedMessage, startedRow } from './view.ts';
import type { TurnWaiter } from './turn-waiter.ts';

/** Finds the files a message names; throws `invalid-input` for those that do not exist. */
export type FileSource = (ids: readonly string[], companyId: number, field: string) => Promise<Attachment[]>;

/** What starting and continuing needs. */
export interface StartPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly chats: Chats;
  readonly bots: BotSource;
  readonly files: FileSource;
  readonly steps: Steps;
  readonly store: SessionStore;
  readonly tokens: SessionTokens;
  readonly waiter: TurnWaiter;
  readonly notifierOf: NotifierOf;
}

/** A start or continue as it came in. */
export interface StartCall {
  readonly chatId: string;
  readonly body: StartSessionBody;
  readonly caller: Caller;
  /** The caller's idempotency key as a UUID. */
  readonly key: string | undefined;
  /** Whether the client's newest live session may be continued (PUT) or a new one is wanted (POST). */
  readonly continues: boolean;
}

/** How a start ended. */
export interface StartOutcome {
  readonly started: SessionStarted;
  readonly created: boolean;
  readonly replayed: boolean;
}

/** What a start was asked with, read and checked. */
interface Request extends StartCall {
  readonly chat: ChatRecord;
  readonly identity: Identity | null;
  readonly trusted: boolean;
  readonly incoming: IncomingMessage | null;
}

/** A step's outcome, before it is told. */
interface Told {
  readonly session: HotSession;
  readonly said: readonly PlacedMessage[];
  readonly messageId: string | undefined;
}

/** Starting a session, and going on with one. */
export class Starts {
  readonly #ports: StartPorts;

  constructor(ports: StartPorts) {
    this.#ports = ports;
  }

  /** Starts or continues a session as asked. */
  async start(call: StartCall): Promise<StartOutcome> {
    const request = await this.#read(call);
    const replay = call.key === undefined ? undefined : await this.#replayStart(request, call.key);
    if (replay !== undefined) return replay;
    const named = await this.#named(request);
    if (named !== undefined) return this.#continue(named, request);
    const client = await findOrCreateClient(this.#ports.database, this.#ports.ids, {
      companyId: request.chat.companyId,
      body: request.body,
      identity: request.identity,
      trusted: request.trusted,
      now: this.#ports.clock.now(),
    });
    if (client.banned_at !== null) throw new Failure('client-banned');
    const live = call.continues ? await this.#newestLive(request, client) : undefined;
    return live === undefined ? this.#create(request, client) : this.#continue(live, request);
  }

  async #read(call: StartCall): Promise<Request> {
    const { chats, clock, files } = this.#ports;
    const { body, caller, key } = call;
    const chat = await chats.open(call.chatId);
    const identity = await readIdentity(chat, body.identityToken, clock.now());
    const trusted = caller.user?.companyId === chat.companyId || chat.settings.resumeByExternalId;
    const fileIds = (body.messageAttachments ?? []).map((file) => (typeof file === 'string' ? file : file.id));
    const carries = body.messageBody !== undefined || fileIds.length > 0;
    if (carries) checkContent(body.messageBody ?? '', fileIds, 'messageBody');
    const attachments = await files(fileIds, chat.companyId, 'messageAttachments');
    const incoming = { body: body.messageBody ?? '', attachments, replyToMessageId: body.replyToMessageId, key };
    return { ...call, chat, identity, trusted, incoming: carries ? incoming : null };
  }

  /** The live session of this chat that the call names, if the caller holds it. */
  async #named({ body, chat, caller }: Request): Promise<HotSession | undefined> {
    if (body.sessionId === undefined) return undefined;
    const session = await this.#ports.steps.get(body.sessionId).catch(nothing);
    if (session === undefined || session.chatId !== chat.id || !this.#isLive(session)) return undefined;
    this.#ports.tokens.admit(session, chat, caller);
    return session;
  }

  /** The client's newest live session in this chat, if what the caller proved opens it. */
  async #newestLive({ chat, identity, trusted, caller }: Request, client: ClientRow): Promise<HotSession | undefined> {
    const { store, steps, tokens } = this.#ports;
    const id = await store.newestLive(chat.companyId, chat.id, client.id);
    const session = id === undefined ? undefined : await steps.get(id);
    if (session === undefined || !this.#isLive(session)) return undefined;
    const proven =
      chat.settings.identityVerification === 'off' ||
      trusted ||
      (identity !== null && client.verified && client.external_id === identity.externalId) ||
      (caller.sessionToken !== null && tokens.fits(caller.sessionToken, session.id));
    return proven ? session : undefined;
  }

  #isLive(session: HotSession): boolean {
    return session.status === 'ACTIVE' && expiresAt(session) > this.#ports.clock.now();
  }

  async #create(request: Request, client: ClientRow): Promise<StartOutcome> {
    const { bots, clock, ids, notifierOf, steps } = this.#ports;
    const { body, chat, incoming, key } = request;
    const bot = await bots.ready(body.botId ?? chat.botId, chat.companyId);
    if (bot === undefined) throw badField('botId', 'there is no such bot');
    if (body.botNodeId !== undefined && !bot.hasNode(body.botNodeId)) {
      throw badField('botNodeId', 'the bot has no such block');
    }
    if (incoming?.replyToMessageId !== undefined) {
      throw badField('replyToMessageId', 'a new session has no messages to reply to');
    }
    const now = clock.now();
    const fresh = newSession(ids.uuid4(), request, client, bot, now);
    const draft = new Draft(fresh, now, await notifierOf(fresh));
    draft.wakeAt('session-expiry', expiresAt(fresh));
    draft.notify('SESSION_STARTED', { id: fresh.id, chatId: fresh.chatId, clientId: fresh.clientId, name: fresh.name });
    const told = this.#firstTurn(draft, request, bot);
    try {
      const origin = {
        channel: body.channel ?? (body.messengerType === undefined ? 'API' : 'MESSENGER'),
        messengerType: body.messengerType ?? null,
        referer: body.referer ?? null,
      };
      const startKey = key === undefined ? null : { key, messageId: told.messageId ?? null };
      await createSession(this.#ports.database, draft, origin, startKey);
    } catch (error) {
      const replay =
        key === undefined || databaseError(error)?.code !== UNIQUE_VIOLATION
          ? undefined
          : await this.#replayStart(request, key);
      if (replay === undefined) throw error;
      return replay;
    }
    steps.remember({ ...draft.session, version: fresh.version + 1 });
    steps.announce(draft);
    return { started: await this.#tell(request, told), created: true, replayed: false };
  }

  /** The client's message, if any, and the bot's first turn. */
  #firstTurn(draft: Draft, request: Request, bot: ReadyBot): Told {
    const { body, chat, incoming } = request;
    const callBack = body.returnAnswerAsync === true;
    const setting = { chat, bot, ids: this.#ports.ids, callBack, replyTo: undefined };
    if (incoming !== null) {
      const { message, said } = acceptMessage(draft, incoming, setting, body.botNodeId);
      return { session: draft.session, said, messageId: message.id };
    }
    if (chat.settings.answerOnFirstClientMessage) return { session: draft.session, said: [], messageId: undefined };
    const nodeId = body.botNodeId === undefined ? {} : { nodeId: body.botNodeId };
    const said = takeTurn(draft, setting, { kind: 'start', ...nodeId });
    return { session: draft.session, said, messageId: undefined };
  }

  async #continue(session: HotSession, request: Request): Promise<StartOutcome> {
    const { bots, ids, steps, store } = this.#ports;
    const { body, chat, incoming, key } = request;
    const replayed = key === undefined || incoming === null ? undefined : await store.messageByKey(session.id, key);
    if (replayed !== undefined) return this.#replayMessage(request, session.id, key ?? '');
    const replyTo = await readReplyTo(store, session.id, incoming?.replyToMessageId);
    try {
      const told = await steps.run(session.id, async (draft): Promise<Told> => {
        refuseUnlessOpen(draft);
        const bot = await botOf(bots, draft);
        draft.set({
          ttl: body.sessionTtl ?? draft.session.ttl,
          options: chosenOptions(body, request.caller, draft.session.options),
        });
        if (bot !== undefined && draft.session.bot !== null && (body.variables ?? body.clientMetadata) !== undefined) {
          const { bot: position } = draft.session;
          draft.set({ bot: { ...position, state: bot.withVariables(position.state, givenVariables(body)) } });
        }
        if (incoming === null) return { session: draft.session, said: [], messageId: undefined };
        const callBack = body.returnAnswerAsync === true;
        const { message, said } = acceptMessage(draft, incoming, { chat, bot, ids, callBack, replyTo });
        return { session: draft.session, said, messageId: message.id };
      });
      return { started: await this.#tell(request, told), created: false, replayed: false };
    } catch (error) {
      if (key === undefined || databaseError(error)?.code !== UNIQUE_VIOLATION) throw error;
      return this.#replayMessage(request, session.id, key);
    }
  }

  /** The answer: what was said at once, and what a pausing bot says while the caller may be kept waiting. */
  async #tell(request: Request, told: Told): Promise<SessionStarted> {
    const { steps, store, tokens, waiter } = this.#ports;
    const said = told.said.map(startedMessage);
    let { session } = told;
    if (request.body.returnAnswerAsync !== true && botIsPaused(session)) {
      await waiter.settled(session.id);
      const before = session.lastSeq;
      session = await steps.get(session.id);
      const later = await store.botMessages(session.id, before, session.lastSeq);
      said.push(...later.map(startedRow));
    }
    return {
      id: session.id,
      clientId: session.clientId,
      startedAt: wireDate(session.startedAt),
      ttl: session.ttl,
      messages: request.body.returnAnswerAsync === true ? [] : said,
      ...(told.messageId === undefined ? {} : { messageId: told.messageId }),
      eventSeq: session.lastEventSeq,
      sessionToken: tokens.issue(session),
    };
  }

  async #replayStart(request: Request, key: string): Promise<StartOutcome | undefined> {
    const { steps, store } = this.#ports;
    const found = await store.startedUnder(request.chatId, key);
    if (found === undefined) return undefined;
    const session = await steps.get(found.sessionId);
    return this.#replay(request, session, await store.botMessages(session.id, 0, found.untilSeq), found.messageId);
  }

  async #replayMessage(request: Request, sessionId: string, key: string): Promise<StartOutcome> {
    const { steps, store } = this.#ports;
    const message = await store.messageByKey(sessionId, key);
    if (message === undefined) throw new Error('a repeated message cannot be found');
    return this.#replay(request, await steps.get(sessionId), await store.answersTo(sessionId, message.seq), message.id);
  }

  #replay(
    request: Request,
    session: HotSession,
    rows: Parameters<typeof startedRow>[0][],
    messageId: string | null,
  ): StartOutcome {
    const started: SessionStarted = {
      id: session.id,
      clientId: session.clientId,
      startedAt: wireDate(session.startedAt),
      ttl: session.ttl,
      messages: request.body.returnAnswerAsync === true ? [] : rows.map(startedRow),
      ...(messageId === null ? {} : { messageId }),
      eventSeq: session.lastEventSeq,
      sessionToken: this.#ports.tokens.issue(session),
    };
    return { started, created: false, replayed: true };
  }
}

function nothing(error: unknown): undefined {
  if (error instanceof Failure) return undefined;
  throw error;
}
