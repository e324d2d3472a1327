import type { StartSessionBody } from '@molva/contract';
import { databaseError, UNIQUE_VIOLATION, type Database } from '../../../platform/database.ts';
import type { Clock } from '../../../platform/clock.ts';
import { badField, Failure } from '../../../platform/failure.ts';
import type { Caller } from '../../../platform/route.ts';
import type { ChatRecord, Chats } from '../../chats/index.ts';
import { findOrCreateClient, type ClientRow, type Identity } from '../../clients/index.ts';
import type { ReadyBot } from '../state/bot-port.ts';
import {
  acceptMessage,
  botOf,
  checkContent,
  readReplyTo,
  refuseUnlessOpen,
  type IncomingMessage,
} from '../answering/client-message.ts';
import { createSession } from '../state/create.ts';
import { Draft } from '../state/draft.ts';
import type { SessionTokens } from './session-tokens.ts';
import { readIdentity } from './identity.ts';
import { expiresAt, type BotState, type HotSession } from '../state/session.ts';
import { givenVariables } from '../state/blank-session.ts';
import { newSession } from './new-session.ts';
import { chosenOptions } from './options.ts';
import { StartAnswers, type StartOutcome, type Told } from './start-answers.ts';
import type { SessionStore } from '../state/store.ts';
import { uploaderOf, type FileSource } from '../state/file-source.ts';
import type { StepRunner } from '../answering/step-runner.ts';
import type { NotifierOf } from '../state/steps.ts';
import { takeTurn } from '../answering/turns.ts';
import type { TurnWaiter } from '../answering/turn-waiter.ts';

/** What starting and continuing needs. */
export interface StartPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly chats: Chats;
  readonly files: FileSource;
  readonly runner: StepRunner;
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

/** What a start was asked with, read and checked. */
interface Request extends StartCall {
  readonly chat: ChatRecord;
  readonly identity: Identity | null;
  readonly trusted: boolean;
  /** The client's message, without its files: those are found where the session is known. */
  readonly incoming: IncomingMessage | null;
  readonly fileIds: readonly string[];
  /** Whether the bot's answer is wanted live or by callback, and not in the response. */
  readonly later: boolean;
  readonly now: number;
}

/** Characters of JSON that the variables of a session may have. */
const LARGEST_STATE = 262_144;

/** Starting a session, and going on with one. */
export class Starts {
  readonly #ports: StartPorts;
  readonly #answers: StartAnswers;

  constructor(ports: StartPorts) {
    this.#ports = ports;
    this.#answers = new StartAnswers(ports);
  }

  /** Starts or continues a session as asked. */
  async start(call: StartCall): Promise<StartOutcome> {
    const request = await this.#read(call);
    const replay =
      call.key === undefined ? undefined : await this.#answers.ofStart(request.chatId, call.key, request.later);
    if (replay !== undefined) return replay;
    const named = await this.#named(request);
    if (named !== undefined) return this.#continue(named, request);
    const client = await findOrCreateClient(this.#ports.database, this.#ports.runner.ports.ids, {
      companyId: request.chat.companyId,
      body: request.body,
      identity: request.identity,
      trusted: request.trusted,
      verifies: request.chat.settings.identityVerification !== 'off',
      now: request.now,
    });
    if (client.banned_at !== null) throw new Failure('client-banned');
    if (call.continues && call.key !== undefined && request.incoming !== null) {
      // A repeat of the message that ended its session must not begin another one.
      const { companyId } = request.chat;
      const before = await this.#ports.store.repeatedByClient(companyId, call.chatId, client.id, call.key);
      if (before !== undefined) return this.#answers.ofMessage(before, call.key, request.later);
    }
    const live = call.continues ? await this.#newestLive(request, client) : undefined;
    if (live !== undefined) return this.#continue(live, request);
    return this.#create(await this.#withFiles(request, null), client);
  }

  async #read(call: StartCall): Promise<Request> {
    const { chats, clock } = this.#ports;
    const { body, caller, key } = call;
    const chat = await chats.open(call.chatId);
    const now = clock.now();
    const byCompany = caller.user?.companyId === chat.companyId;
    const identity = await readIdentity(chat, body.identityToken, byCompany, now);
    const trusted = byCompany || chat.settings.resumeByExternalId;
    const fileIds = (body.messageAttachments ?? []).map((file) => (typeof file === 'string' ? file : file.id));
    const carries = body.messageBody !== undefined || fileIds.length > 0;
    if (carries) checkContent(body.messageBody ?? '', fileIds, 'messageBody');
    const incoming = { body: body.messageBody ?? '', attachments: [], replyToMessageId: body.replyToMessageId, key };
    return {
      ...call,
      chat,
      identity,
      trusted,
      incoming: carries ? incoming : null,
      fileIds,
      later: body.returnAnswerAsync === true,
      now,
    };
  }

  /** The request with the files of its message, which belong to a session, or to none yet. */
  async #withFiles(request: Request, sessionId: string | null): Promise<Request> {
    const { incoming, fileIds, chat, caller } = request;
    if (incoming === null || fileIds.length === 0) return request;
    const use = { companyId: chat.companyId, sessionId, uploader: uploaderOf(caller, chat.companyId) };
    const attachments = await this.#ports.files(fileIds, use, 'messageAttachments');
    return { ...request, incoming: { ...incoming, attachments } };
  }

  /** The live session of this chat that the call names, if the caller holds it. */
  async #named({ body, chat, caller }: Request): Promise<HotSession | undefined> {
    if (body.sessionId === undefined) return undefined;
    const session = await this.#ports.runner.steps.get(body.sessionId).catch(nothing);
    if (session === undefined || session.chatId !== chat.id || !this.#isLive(session)) return undefined;
    this.#ports.tokens.admit(session, chat, caller);
    return session;
  }

  /** The client's newest live session in this chat, if what the caller proved opens it. */
  async #newestLive({ chat, identity, trusted, caller }: Request, client: ClientRow): Promise<HotSession | undefined> {
    const { store, runner, tokens } = this.#ports;
    const id = await store.newestLive(chat.companyId, chat.id, client.id);
    const session = id === undefined ? undefined : await runner.steps.get(id);
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
    const { clock, notifierOf, runner } = this.#ports;
    const { bots, ids } = runner.ports;
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
    const fresh = newSession({ id: ids.uuid4(), client, bot, now }, request);
    const draft = new Draft(fresh, now, await notifierOf(fresh));
    draft.wakeAt('session-expiry', expiresAt(fresh));
    const { sessionRatingTriggerTime } = chat.settings;
    if (sessionRatingTriggerTime > 0) draft.wakeAt('session-rating', now + sessionRatingTriggerTime * 1000);
    draft.notify('SESSION_STARTED', { id: fresh.id, chatId: fresh.chatId, clientId: fresh.clientId, name: fresh.name });
    const told = await this.#firstTurn(draft, request, bot);
    try {
      const origin = {
        knownClient: client.created_at < request.now || namesClient(body),
        channel: body.channel ?? (body.messengerType === undefined ? 'API' : 'MESSENGER'),
        messengerType: body.messengerType ?? null,
        referer: body.referer ?? null,
      };
      const startKey = key === undefined ? null : { key, messageId: told.messageId ?? null };
      await createSession(this.#ports.database, ids, draft, origin, startKey);
    } catch (error) {
      const replay =
        key === undefined || databaseError(error)?.code !== UNIQUE_VIOLATION
          ? undefined
          : await this.#answers.ofStart(request.chatId, key, request.later);
      if (replay === undefined) throw error;
      return replay;
    }
    runner.steps.remember({ ...draft.session, version: fresh.version + 1 });
    runner.steps.announce(draft);
    return { started: await this.#answers.tell(told, request.later), created: true, replayed: false };
  }

  /** The client's message, if any, and the bot's first turn. */
  async #firstTurn(draft: Draft, request: Request, bot: ReadyBot): Promise<Told> {
    const { body, chat, incoming } = request;
    const { bots, ids, operators } = this.#ports.runner.ports;
    const setting = { chat, bot, bots, ids, operators, callBack: request.later, replyTo: undefined };
    if (incoming !== null) {
      const { message, said } = await acceptMessage(draft, incoming, setting, body.botNodeId);
      return { session: draft.session, said, messageId: message.id };
    }
    if (chat.settings.answerOnFirstClientMessage) return { session: draft.session, said: [], messageId: undefined };
    const nodeId = body.botNodeId === undefined ? {} : { nodeId: body.botNodeId };
    const said = await takeTurn(draft, setting, { kind: 'start', ...nodeId });
    return { session: draft.session, said, messageId: undefined };
  }

  async #continue(session: HotSession, request: Request): Promise<StartOutcome> {
    const { runner, store } = this.#ports;
    const { body, key } = request;
    const replayed =
      key === undefined || request.incoming === null ? undefined : await store.messageByKey(session.id, key);
    if (replayed !== undefined) return this.#answers.ofMessage(session.id, key ?? '', request.later);
    const { incoming } = await this.#withFiles(request, session.id);
    const replyTo = await readReplyTo(store, session.id, incoming?.replyToMessageId);
    try {
      const told = await runner.run(session.id, async (draft, setting): Promise<Told> => {
        refuseUnlessOpen(draft);
        const bot = await botOf(setting.bots, draft);
        draft.set({
          ttl: body.sessionTtl ?? draft.session.ttl,
          options: chosenOptions(body, request, draft.session.options),
        });
        if (bot !== undefined && draft.session.bot !== null && (body.variables ?? body.clientMetadata) !== undefined) {
          const { bot: position } = draft.session;
          const state = bot.withVariables(position.state, givenVariables(body));
          checkSize(state, position.state);
          draft.set({ bot: { ...position, state } });
        }
        if (incoming === null) return { session: draft.session, said: [], messageId: undefined };
        const callBack = request.later;
        const { message, said } = await acceptMessage(draft, incoming, { ...setting, bot, callBack, replyTo });
        return { session: draft.session, said, messageId: message.id };
      });
      return { started: await this.#answers.tell(told, request.later), created: false, replayed: false };
    } catch (error) {
      if (key === undefined || databaseError(error)?.code !== UNIQUE_VIOLATION) throw error;
      return this.#answers.ofMessage(session.id, key, request.later);
    }
  }
}

/** Whether a start names a client, which others may name at the same time. */
function namesClient({ clientId, clientExternalId, messengerUserId, identityToken }: StartSessionBody): boolean {
  return [clientId, clientExternalId, messengerUserId, identityToken].some((name) => name !== undefined);
}

/** Variables are kept with every step of a session: they do not grow without end. */
function checkSize(state: BotState, before: BotState): void {
  const size = JSON.stringify(state).length;
  if (size > LARGEST_STATE && size > JSON.stringify(before).length) {
    throw badField('variables', `all variables of a session have at most ${LARGEST_STATE} characters`);
  }
}

function nothing(error: unknown): undefined {
  if (error instanceof Failure) return undefined;
  throw error;
}
