import type { StartSessionBody } from '@molva/contract';
import type { Clock } from '../../../platform/clock.ts';
import { badField, Failure } from '../../../platform/failure.ts';
import type { Caller } from '../../../platform/route.ts';
import type { ChatRecord, Chats } from '../../chats/index.ts';
import { findOrCreateClient, type ClientRow, type Identity } from '../../clients/index.ts';
import { begin, type BirthPorts } from '../answering/birth.ts';
import { acceptMessage, readReplyTo, refuseUnlessOpen, type IncomingMessage } from '../answering/client-message.ts';
import { wishTimers } from '../answering/effects.ts';
import { speakFirst } from '../answering/first-words.ts';
import { once } from '../answering/once.ts';
import type { StepSetting } from '../answering/setting.ts';
import type { TurnWaiter } from '../answering/turn-waiter.ts';
import { checkContent } from '../state/message-content.ts';
import { givenVariables } from '../state/blank-session.ts';
import type { Draft } from '../state/draft.ts';
import { uploaderOf, type FileSource } from '../state/file-source.ts';
import { expiresAt, type HotSession } from '../state/session.ts';
import type { SessionStore } from '../state/store.ts';
import { readIdentity } from './identity.ts';
import { newSession } from './new-session.ts';
import { chosenOptions } from './options.ts';
import type { SessionTokens } from './session-tokens.ts';
import { StartAnswers, type StartOutcome, type Told } from './start-answers.ts';

/** What starting and continuing needs. */
export interface StartPorts extends BirthPorts {
  readonly clock: Clock;
  readonly chats: Chats;
  readonly files: FileSource;
  readonly store: SessionStore;
  readonly tokens: SessionTokens;
  readonly waiter: TurnWaiter;
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
    return once({
      key: call.key,
      lookFirst: true,
      replay: (key) => this.#answers.ofStart(request.chatId, key, request.later),
      write: () => this.#begin(request),
    });
  }

  async #begin(request: Request): Promise<StartOutcome> {
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
    const { continues, key, incoming, chatId } = request;
    if (continues && key !== undefined && incoming !== null) {
      // A repeat of the message that ended its session must not begin another one.
      const { companyId } = request.chat;
      const before = await this.#ports.store.repeatedByClient(companyId, chatId, client.id, key);
      const replayed = before === undefined ? undefined : await this.#answers.ofMessage(before, key, request.later);
      if (replayed !== undefined) return replayed;
    }
    const live = continues ? await this.#newestLive(request, client) : undefined;
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
    return session.floor.at !== 'closed' && expiresAt(session) > this.#ports.clock.now();
  }

  async #create(request: Request, client: ClientRow): Promise<StartOutcome> {
    const { clock, runner } = this.#ports;
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
    const fresh = newSession({ id: ids.uuid4(), client, bot, now: clock.now() }, request);
    const origin = {
      knownClient: client.created_at < request.now || namesClient(body),
      channel: body.channel ?? (body.messengerType === undefined ? 'API' : 'MESSENGER'),
      messengerType: body.messengerType ?? null,
      referer: body.referer ?? null,
    };
    const { first } = await begin(this.#ports, {
      fresh,
      origin,
      callBack: request.later,
      first: (draft, setting) => this.#firstStep(draft, setting, request),
      startKey: ({ messageId = null }) => (key === undefined ? null : { key, messageId }),
    });
    return { started: await this.#answers.tell(first, request.later), created: true, replayed: false };
  }

  /** The client's message, if any, and the bot's first words: now, with the client's first, or when somebody listens. */
  async #firstStep(draft: Draft, setting: StepSetting, { body, chat, incoming, later }: Request): Promise<Told> {
    const { id, chatId, clientId, name } = draft.session;
    const { sessionRatingTriggerTime, answerOnFirstClientMessage } = chat.settings;
    if (sessionRatingTriggerTime > 0) draft.wakeAt('session-rating', draft.now + sessionRatingTriggerTime * 1000);
    draft.notify('SESSION_STARTED', { id, chatId, clientId, name });
    if (incoming !== null) {
      const { message, said } = await acceptMessage(draft, setting, {
        incoming,
        replyTo: undefined,
        nodeId: body.botNodeId,
      });
      return { session: draft.session, said, messageId: message.id };
    }
    const unheard = later && draft.session.options.callbackUrl === undefined;
    const when = answerOnFirstClientMessage ? 'whenSpokenTo' : unheard ? 'whenHeard' : 'now';
    const said = await speakFirst(draft, setting, when, body.botNodeId);
    return { session: draft.session, said, messageId: undefined };
  }

  #continue(session: HotSession, request: Request): Promise<StartOutcome> {
    const { runner, store } = this.#ports;
    const { body, key } = request;
    return once({
      key: request.incoming === null ? undefined : key,
      lookFirst: true,
      replay: (used) => this.#answers.ofMessage(session.id, used, request.later),
      write: async () => {
        const { incoming } = await this.#withFiles(request, session.id);
        const replyTo = await readReplyTo(store, session.id, incoming?.replyToMessageId);
        const told = await runner.run(session.id, async (draft, rules): Promise<Told> => {
          refuseUnlessOpen(draft);
          const setting = { ...rules, callBack: request.later };
          const options = chosenOptions(body, request, draft.session.options);
          draft.set({ ttl: body.sessionTtl ?? draft.session.ttl, options });
          await addVariables(draft, setting, body);
          if (incoming === null) {
            wishTimers(draft, setting);
            return { session: draft.session, said: [], messageId: undefined };
          }
          const { message, said } = await acceptMessage(draft, setting, { incoming, replyTo });
          return { session: draft.session, said, messageId: message.id };
        });
        return { started: await this.#answers.tell(told, request.later), created: false, replayed: false };
      },
    });
  }
}

/** Adds what a continue gives the bot. */
async function addVariables(draft: Draft, { bots }: StepSetting, body: StartSessionBody): Promise<void> {
  const { bot: memory, botId, companyId } = draft.session;
  if (memory === null || (body.variables ?? body.clientMetadata) === undefined) return;
  const bot = await bots.ready(botId, companyId);
  if (bot === undefined) return;
  const state = bot.withVariables(memory.state, givenVariables(body));
  draft.set({ bot: { ...memory, state } });
}

/** Whether a start names a client, which others may name at the same time. */
function namesClient({ clientId, clientExternalId, messengerUserId, identityToken }: StartSessionBody): boolean {
  return [clientId, clientExternalId, messengerUserId, identityToken].some((name) => name !== undefined);
}

function nothing(error: unknown): undefined {
  if (error instanceof Failure) return undefined;
  throw error;
}
