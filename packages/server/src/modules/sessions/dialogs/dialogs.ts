import type {
  DialogAttachment,
  DialogAnswer,
  DialogMessageBody,
  ReloadDialogBody,
  StartDialogBody,
  StartSessionBody,
} from '@molva/contract';
import type { Clock } from '../../../platform/clock.ts';
import { databaseError, UNIQUE_VIOLATION } from '../../../platform/database.ts';
import { badField, Failure, notFound } from '../../../platform/failure.ts';
import type { Caller } from '../../../platform/route.ts';
import { findClient, keepClient, lookingAgain } from '../../clients/index.ts';
import { begin, type BirthPorts } from '../answering/birth.ts';
import { acceptMessage, type IncomingMessage } from '../answering/client-message.ts';
import { speakFirst } from '../answering/first-words.ts';
import { happen } from '../answering/happen.ts';
import { once } from '../answering/once.ts';
import type { StepSetting } from '../answering/setting.ts';
import type { StepRunner } from '../answering/step-runner.ts';
import type { TurnWaiter } from '../answering/turn-waiter.ts';
import { checkContent } from '../state/message-content.ts';
import type { ReadyBot } from '../state/bot-port.ts';
import type { Draft } from '../state/draft.ts';
import { settling } from '../state/floor.ts';
import { linkedAttachment } from '../state/linked-file.ts';
import { proofBehind } from '../state/session-proof.ts';
import { outcomeOf } from '../state/outcome.ts';
import { expiresAt, type HotSession, type SessionOptions } from '../state/session.ts';
import { MOST_TOLD, type SessionStore } from '../state/store.ts';
import { checkAnswering, dialogWith, settleTold, told, type Answering } from './answer.ts';
import { callsOf, withCalls } from '../state/session-calls.ts';
import { newDialog } from './new-dialog.ts';
import { dialogAnswer, readBackMessage, saidMessage } from './view.ts';

type User = NonNullable<Caller['user']>;

/** What dialogs need. */
export interface DialogPorts extends BirthPorts {
  readonly clock: Clock;
  readonly store: SessionStore;
  readonly waiter: TurnWaiter;
}

/** Dialogs of the bot API: sessions of no chat, run by whoever calls. */
export class Dialogs {
  readonly #runner: StepRunner;
  readonly #ports: DialogPorts;

  constructor(ports: DialogPorts) {
    this.#runner = ports.runner;
    this.#ports = ports;
  }

  /** Starts a dialog and lets the bot begin. */
  start(user: User, body: StartDialogBody): Promise<DialogAnswer> {
    checkAnswering(body, undefined);
    return lookingAgain(() => this.#begin(user, body));
  }

  async #begin(user: User, body: StartDialogBody): Promise<DialogAnswer> {
    const { bots, ids } = this.#runner.ports;
    const { database, clock } = this.#ports;
    const { companyId } = user;
    const bot = await bots.ready(body.botId, companyId);
    if (bot === undefined) throw badField('botId', 'there is no such bot');
    const carries = (body.message ?? '') !== '' || (body.attachments ?? []).length > 0;
    if (carries) checkContent(body.message ?? '', body.attachments ?? [], 'message');
    const incoming = this.#incoming(body.message ?? '', body, undefined);
    const now = clock.now();
    const by = { identity: null, company: { key: user.apiKeyId ?? null }, now };
    const claim = { companyId, body: clientFacts(body), believes: false, verifies: false, ...by };
    const found = await findClient(database, ids, claim);
    const client = found.row;
    if (client.banned_at !== null) throw new Failure('client-banned');
    const dialogId = body.dialogId ?? ids.uuid4();
    const dialog = newDialog({ id: ids.uuid4(), dialogId, companyId, body, client, bot, now }, this.#ports.vault);
    const origin = {
      knownClient: found.known !== null,
      channel: body.channelType ?? 'API',
      messengerType: body.messengerType ?? null,
      referer: body.referer ?? null,
    };
    const later = body.returnAnswerAsync === true;
    try {
      const { draft } = await begin(this.#ports, {
        fresh: { ...dialog, verified: proofBehind(by, client) },
        origin,
        callBack: later,
        async first(made, setting) {
          if (carries) await acceptMessage(made, setting, { incoming, replyTo: undefined });
          else await speakFirst(made, setting, 'now');
          settleTold(made);
        },
        client: (connection) => keepClient(connection, found, now),
        startKey: () => null,
      });
      return await this.#tell(draft, later, bot);
    } catch (error) {
      if (databaseError(error)?.code === UNIQUE_VIOLATION) throw new Failure('dialog-exists');
      throw error;
    }
  }

  /** Brings a client's message to the bot. A repeat of its key is answered as the first was. */
  async reply(user: User, dialogId: string, body: DialogMessageBody, key: string | undefined): Promise<DialogAnswer> {
    const session = await this.find(user, dialogId);
    checkAnswering(body, this.#callbackUrl(session));
    checkContent(body.message, body.attachments ?? [], 'message');
    const incoming = this.#incoming(body.message, body, key);
    return once({
      key,
      lookFirst: true,
      replay: (used) => this.#replay(session.id, used),
      write: () => {
        this.#checkOpen(session);
        return this.#answering(session.id, body, async (draft, setting) => {
          await acceptMessage(draft, setting, { incoming, replyTo: undefined });
        });
      },
    });
  }

  /** Lets another bot go on with the variables there are. */
  async reload(user: User, dialogId: string, body: ReloadDialogBody): Promise<DialogAnswer> {
    const session = await this.#open(user, dialogId);
    checkAnswering(body, this.#callbackUrl(session));
    const bot = await this.#runner.ports.bots.ready(body.botId, user.companyId);
    if (bot === undefined) throw badField('botId', 'there is no such bot');
    const named = { id: bot.id, name: bot.name };
    return this.#answering(session.id, body, async (draft, setting) => {
      await happen(draft, setting, { is: 'toBot', bot: named, again: true, question: setting.ids.uuid7() });
    });
  }

  /** Ends a dialog; ending it again changes nothing. */
  async finish(user: User, dialogId: string): Promise<void> {
    const session = await this.find(user, dialogId);
    await this.#runner.run(session.id, (draft, setting) => happen(draft, setting, { is: 'end', by: 'finished' }));
  }

  /** The session behind a dialog's id; throws `entity-not-found`. */
  async find(user: User, dialogId: string): Promise<HotSession> {
    const id = await this.#ports.store.sessionOfDialog(user.companyId, dialogId);
    if (id === undefined) throw notFound();
    return this.#runner.steps.get(id);
  }

  /**
   * The variables of a dialog, or of a session in a chat by its id: the system's, and its own. Throws
   * `entity-not-found`.
   */
  async variables(
    user: User,
    dialogId: string,
  ): Promise<{ system: Readonly<Record<string, unknown>>; context: Readonly<Record<string, unknown>> }> {
    const id = await this.#ports.store.sessionOfBot(user.companyId, dialogId);
    if (id === undefined) throw notFound();
    const session = await this.#runner.steps.get(id);
    const bot = await this.#runner.ports.bots.ready(session.botId, session.companyId);
    return {
      system: bot?.systemVariables(session, this.#ports.clock.now()) ?? {},
      context: outcomeOf(session).variables,
    };
  }

  async #open(user: User, dialogId: string): Promise<HotSession> {
    const session = await this.find(user, dialogId);
    this.#checkOpen(session);
    return session;
  }

  #callbackUrl({ id, options }: HotSession): string | undefined {
    return callsOf(options, id, this.#ports.vault).own?.callbackUrl;
  }

  /** The options after a call that may name another address for the answers. */
  #withCallback({ id, options }: HotSession, { callbackUrl, callbackData }: Answering): SessionOptions {
    if (callbackUrl === undefined && callbackData === undefined) return options;
    const { vault } = this.#ports;
    const calls = callsOf(options, id, vault);
    const own = {
      ...calls.own,
      ...(callbackUrl === undefined ? {} : { callbackUrl }),
      ...(callbackData === undefined ? {} : { callbackData }),
    };
    return withCalls(options, id, { ...calls, own }, vault);
  }

  #checkOpen(session: HotSession): void {
    // The timer that ends it may be late by a moment.
    if (session.floor.at === 'closed' || expiresAt(session) <= this.#ports.clock.now())
      throw new Failure('dialog-ended');
  }

  async #answering(
    id: string,
    body: Answering,
    work: (draft: Draft, setting: StepSetting) => Promise<void>,
  ): Promise<DialogAnswer> {
    const later = body.returnAnswerAsync === true;
    const { draft, bot } = await this.#runner.run(id, async (made, setting) => {
      if (made.session.floor.at === 'closed') throw new Failure('dialog-ended');
      const options = this.#withCallback(made.session, body);
      made.set({ options: { ...options, ...dialogWith(options.dialog, { answersLater: later }) } });
      await work(made, { ...setting, callBack: later });
      settleTold(made);
      const { botId, companyId } = made.session;
      return { draft: made, bot: await setting.bots.ready(botId, companyId) };
    });
    if (bot === undefined) throw new Failure('dialog-ended');
    return this.#tell(draft, later, bot);
  }

  /** The answer: what was said since the caller was last told, waiting for a bot that is not done. */
  async #tell(draft: Draft, later: boolean, bot: ReadyBot): Promise<DialogAnswer> {
    if (later) return dialogAnswer(draft.session, bot, null);
    if (!settling(draft.session.floor) && draft.before.lastSeq === told(draft.before)) {
      return dialogAnswer(
        draft.session,
        bot,
        draft.messages.filter(({ authorType }) => authorType === 'BOT').map(saidMessage),
      );
    }
    const { id } = draft.session;
    const from = told(draft.before);
    if (settling(draft.session.floor)) await this.#ports.waiter.settled(id);
    const session = await this.#runner.steps.get(id);
    const rows = await this.#ports.store.botMessages(id, from, session.lastSeq);
    // What there is no room for is in the next answer.
    const upTo = (rows.length < MOST_TOLD ? undefined : rows.at(-1)?.seq) ?? session.lastSeq;
    await this.#runner.run(id, (made) => {
      const { options } = made.session;
      if (told(made.session) < upTo) {
        made.set({ options: { ...options, ...dialogWith(options.dialog, { told: upTo }) } });
      }
    });
    const now = (await this.#runner.ports.bots.ready(session.botId, session.companyId)) ?? bot;
    return dialogAnswer(session, now, rows.map(readBackMessage));
  }

  /** The answer to a message that came again: as the first one was, also where the bot is still at it. */
  async #replay(id: string, key: string): Promise<DialogAnswer | undefined> {
    const { waiter, store } = this.#ports;
    const message = await store.messageByKey(id, key);
    if (message === undefined) return undefined;
    const { steps, ports } = this.#runner;
    const later = (await steps.get(id)).options.dialog?.answersLater === true;
    if (!later && settling((await steps.get(id)).floor)) await waiter.settled(id);
    const session = await steps.get(id);
    const bot = await ports.bots.ready(session.botId, session.companyId);
    if (bot === undefined) throw new Failure('dialog-ended');
    const rows = later ? null : await store.answersTo(id, message.seq);
    return dialogAnswer(session, bot, rows && rows.map(readBackMessage));
  }

  #incoming(
    body: string,
    { attachments = [] }: { readonly attachments?: readonly DialogAttachment[] | undefined },
    key: string | undefined,
  ): IncomingMessage {
    const { ids } = this.#runner.ports;
    const now = this.#ports.clock.now();
    return {
      body,
      attachments: attachments.map(({ url, name, contentType = 'application/octet-stream', size = 0 }) =>
        linkedAttachment({ url, name: name ?? lastPart(url), contentType, size }, '', ids, now),
      ),
      replyToMessageId: undefined,
      key,
    };
  }
}

/** A name for a file that has none: the last part of its address. */
function lastPart(url: string): string {
  return new URL(url).pathname.split('/').at(-1) ?? '';
}

/** What the caller says of the client, in the words of a start. */
function clientFacts(body: StartDialogBody): StartSessionBody {
  const { clientId, clientExternalId, clientEmail, clientPhone, messengerType, messengerUserId } = body;
  const facts = {
    clientId,
    clientExternalId,
    clientEmail,
    clientPhone,
    messengerType,
    messengerUserId,
    clientName: body.clientName ?? body.clientNickname,
    clientTimezone: body.clientTimezoneOffset,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
