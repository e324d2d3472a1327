import type {
  DialogAttachment,
  DialogAnswer,
  DialogMessageBody,
  ReloadDialogBody,
  StartDialogBody,
  StartSessionBody,
} from '@molva/contract';
import type { Clock } from '../../../platform/clock.ts';
import { databaseError, UNIQUE_VIOLATION, type Database } from '../../../platform/database.ts';
import { badField, Failure, notFound } from '../../../platform/failure.ts';
import type { Caller } from '../../../platform/route.ts';
import { findOrCreateClient } from '../../clients/index.ts';
import type { ReadyBot } from '../state/bot-port.ts';
import { checkAnswering, dialogWith, settleTold, told, type Answering } from './answer.ts';
import { linkedAttachment } from '../state/linked-file.ts';
import { acceptMessage, botOf, checkContent, type IncomingMessage } from '../answering/client-message.ts';
import { createSession } from '../state/create.ts';
import { dialogAnswer, readBackMessage, saidMessage } from './view.ts';
import { Draft } from '../state/draft.ts';
import { handToBot } from '../answering/hand-over.ts';
import { newDialog } from './new-dialog.ts';
import { botIsBusy, expiresAt, type HotSession } from '../state/session.ts';
import type { StepRunner } from '../answering/step-runner.ts';
import type { NotifierOf } from '../state/steps.ts';
import type { SessionStore } from '../state/store.ts';
import { chatOf } from '../state/chat-of.ts';
import { takeTurn } from '../answering/turns.ts';
import type { TurnWaiter } from '../answering/turn-waiter.ts';

type User = NonNullable<Caller['user']>;

/** What dialogs need. */
export interface DialogPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly store: SessionStore;
  readonly waiter: TurnWaiter;
  readonly notifierOf: NotifierOf;
}

/** Dialogs of the bot API: sessions of no chat, run by whoever calls. */
export class Dialogs {
  readonly #runner: StepRunner;
  readonly #ports: DialogPorts;

  constructor(runner: StepRunner, ports: DialogPorts) {
    this.#runner = runner;
    this.#ports = ports;
  }

  /** Starts a dialog and lets the bot begin. */
  async start(user: User, body: StartDialogBody): Promise<DialogAnswer> {
    checkAnswering(body, undefined);
    const { bots, ids, operators } = this.#runner.ports;
    const { database, clock, notifierOf } = this.#ports;
    const bot = await bots.ready(body.botId, user.companyId);
    if (bot === undefined) throw badField('botId', 'there is no such bot');
    const carries = (body.message ?? '') !== '' || (body.attachments ?? []).length > 0;
    const now = clock.now();
    const client = await findOrCreateClient(database, ids, {
      companyId: user.companyId,
      body: clientFacts(body),
      identity: null,
      trusted: true,
      verifies: false,
      now,
    });
    if (client.banned_at !== null) throw new Failure('client-banned');
    const fresh = newDialog({
      id: ids.uuid4(),
      dialogId: body.dialogId ?? ids.uuid4(),
      companyId: user.companyId,
      body,
      client,
      bot,
      now,
    });
    const draft = new Draft(fresh, now, await notifierOf(fresh));
    draft.wakeAt('session-expiry', expiresAt(fresh));
    const chat = await chatOf(fresh, this.#runner.ports);
    const setting = { bot, bots, ids, operators, chat, callBack: body.returnAnswerAsync === true };
    if (carries)
      await acceptMessage(draft, this.#incoming(body.message ?? '', body, undefined), {
        ...setting,
        replyTo: undefined,
      });
    else await takeTurn(draft, setting, { kind: 'start' });
    settleTold(draft);
    try {
      const origin = {
        knownClient: true,
        channel: body.channelType ?? 'API',
        messengerType: body.messengerType ?? null,
        referer: body.referer ?? null,
      };
      await createSession(database, ids, draft, origin, null);
    } catch (error) {
      if (databaseError(error)?.code === UNIQUE_VIOLATION) throw new Failure('dialog-exists');
      throw error;
    }
    this.#runner.steps.remember({ ...draft.session, version: fresh.version + 1 });
    this.#runner.steps.announce(draft);
    return this.#tell(draft, body.returnAnswerAsync === true, bot);
  }

  /** Brings a client's message to the bot. A repeat of its key is answered as the first was. */
  async reply(user: User, dialogId: string, body: DialogMessageBody, key: string | undefined): Promise<DialogAnswer> {
    const session = await this.find(user, dialogId);
    checkAnswering(body, session);
    checkContent(body.message, body.attachments ?? [], 'message');
    const before = key === undefined ? undefined : await this.#ports.store.messageByKey(session.id, key);
    if (before !== undefined) return this.#repeat(session.id, before.seq);
    this.#checkOpen(session);
    const incoming = this.#incoming(body.message, body, key);
    try {
      return await this.#step(session.id, body, async (draft, setting) => {
        const bot = await botOf(setting.bots, draft);
        if (bot === undefined) throw new Failure('dialog-ended');
        await acceptMessage(draft, incoming, { ...setting, bot, replyTo: undefined });
        return bot;
      });
    } catch (error) {
      const known = key === undefined ? undefined : await this.#ports.store.messageByKey(session.id, key);
      if (known === undefined || databaseError(error)?.code !== UNIQUE_VIOLATION) throw error;
      return this.#repeat(session.id, known.seq);
    }
  }

  /** Lets another bot go on with the variables there are. */
  async reload(user: User, dialogId: string, body: ReloadDialogBody): Promise<DialogAnswer> {
    const session = await this.#open(user, dialogId);
    checkAnswering(body, session);
    const bot = await this.#runner.ports.bots.ready(body.botId, user.companyId);
    if (bot === undefined) throw badField('botId', 'there is no such bot');
    return this.#step(session.id, body, async (draft, setting) => {
      await handToBot(draft, bot, setting.operators);
      await takeTurn(draft, { ...setting, bot }, { kind: 'start' });
      return bot;
    });
  }

  /** Ends a dialog; ending it again changes nothing. */
  async finish(user: User, dialogId: string): Promise<void> {
    const session = await this.find(user, dialogId);
    await this.#runner.run(session.id, (draft) => {
      if (draft.session.status === 'CLOSED') return;
      draft.set({ botStatus: 'STOP' });
      draft.close(false);
    });
  }

  /** The session behind a dialog's id; throws `entity-not-found`. */
  async find(user: User, dialogId: string): Promise<HotSession> {
    const id = await this.#ports.store.sessionOfDialog(user.companyId, dialogId);
    if (id === undefined) throw notFound();
    return this.#runner.steps.get(id);
  }

  /** The variables of a dialog: the system's, and its own. */
  async variables(
    session: HotSession,
  ): Promise<{ system: Readonly<Record<string, unknown>>; context: Readonly<Record<string, unknown>> }> {
    const bot = await this.#runner.ports.bots.ready(session.botId, session.companyId);
    return {
      system: bot?.systemVariables(session, this.#ports.clock.now()) ?? {},
      context: session.bot?.state.variables ?? {},
    };
  }

  async #open(user: User, dialogId: string): Promise<HotSession> {
    const session = await this.find(user, dialogId);
    this.#checkOpen(session);
    return session;
  }

  #checkOpen(session: HotSession): void {
    // The timer that ends it may be late by a moment.
    if (session.status === 'CLOSED' || expiresAt(session) <= this.#ports.clock.now()) throw new Failure('dialog-ended');
  }

  async #step(
    id: string,
    body: Answering,
    work: (draft: Draft, setting: Parameters<Parameters<StepRunner['run']>[1]>[1]) => Promise<ReadyBot>,
  ): Promise<DialogAnswer> {
    const later = body.returnAnswerAsync === true;
    const { draft, bot } = await this.#runner.run(id, async (made, setting) => {
      if (made.session.status === 'CLOSED') throw new Failure('dialog-ended');
      const { callbackUrl, callbackData } = body;
      const named = {
        ...(callbackUrl === undefined ? {} : { callbackUrl }),
        ...(callbackData === undefined ? {} : { callbackData }),
      };
      const { options } = made.session;
      made.set({ options: { ...options, ...named, ...dialogWith(options.dialog, { answersLater: later }) } });
      const answering = await work(made, { ...setting, callBack: later });
      settleTold(made);
      return { draft: made, bot: answering };
    });
    return this.#tell(draft, later, bot);
  }

  /** The answer: what was said since the caller was last told, waiting for a bot that is not done. */
  async #tell(draft: Draft, later: boolean, bot: ReadyBot): Promise<DialogAnswer> {
    if (later) return dialogAnswer(draft.session, bot, null);
    if (!botIsBusy(draft.session) && draft.before.lastSeq === told(draft.before)) {
      return dialogAnswer(
        draft.session,
        bot,
        draft.messages.filter(({ authorType }) => authorType === 'BOT').map(saidMessage),
      );
    }
    const { id } = draft.session;
    const from = told(draft.before);
    if (botIsBusy(draft.session)) await this.#ports.waiter.settled(id);
    const session = await this.#runner.steps.get(id);
    const rows = await this.#ports.store.botMessages(id, from, session.lastSeq);
    await this.#runner.run(id, (made) => {
      const { options } = made.session;
      if (told(made.session) < session.lastSeq)
        made.set({ options: { ...options, ...dialogWith(options.dialog, { told: session.lastSeq }) } });
    });
    const now = (await this.#runner.ports.bots.ready(session.botId, session.companyId)) ?? bot;
    return dialogAnswer(session, now, rows.map(readBackMessage));
  }

  /** The answer to a message that came again: as the first one was, also where the bot is still at it. */
  async #repeat(id: string, seq: number): Promise<DialogAnswer> {
    const { waiter, store } = this.#ports;
    const { steps, ports } = this.#runner;
    const later = (await steps.get(id)).options.dialog?.answersLater === true;
    if (!later && botIsBusy(await steps.get(id))) await waiter.settled(id);
    const session = await steps.get(id);
    const bot = await ports.bots.ready(session.botId, session.companyId);
    if (bot === undefined) throw new Failure('dialog-ended');
    const rows = later ? null : await store.answersTo(id, seq);
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
