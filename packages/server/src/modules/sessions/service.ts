import type { KeyObject } from 'node:crypto';
import type { ClientMessageBody, ListPage, Session, SessionListItem } from '@molva/contract';
import type { Announcer } from '../../platform/announcer.ts';
import type { Changes } from '../../platform/changes.ts';
import type { Clock } from '../../platform/clock.ts';
import { resealColumn } from '../../platform/data-keys.ts';
import type { Database } from '../../platform/database.ts';
import type { DueRunner } from '../../platform/due.ts';
import { Failure, notFound } from '../../platform/failure.ts';
import { isUuid, type Ids } from '../../platform/ids.ts';
import type { Log } from '../../platform/log.ts';
import type { Memory } from '../../platform/memory.ts';
import type { SessionFigures } from '../../platform/figures.ts';
import type { Notices } from '../../platform/notices.ts';
import type { NodeLease } from '../../platform/node-lease.ts';
import type { Holder } from '../../platform/route.ts';
import type { Vault } from '../../platform/vault.ts';
import type { Chats } from '../chats/index.ts';
import type { Clients } from '../clients/index.ts';
import { RemoteTurns } from './answering/remote-turns.ts';
import { checkContent } from './state/message-content.ts';
import type { BotSource } from './state/bot-port.ts';
import { Disagreements } from './state/disagreements.ts';
import { chatOf, type CompanyRules } from './state/chat-of.ts';
import type { CallProofs } from './state/outgoing-calls.ts';
import { sealedCalls } from './state/session-calls.ts';
import { continueWithMessage, readReplyTo } from './answering/client-message.ts';
import { incomingOf } from './answering/said.ts';
import { acceptOnce, type Accepted } from './answering/accepted.ts';
import { Routed } from './answering/routed.ts';
import { Attendance } from './client/attendance.ts';
import { ClientCalls } from './client/client-calls.ts';
import { Dialogs } from './dialogs/dialogs.ts';
import { admitIdentity } from './starting/holding.ts';
import { IdentityTokens } from './starting/identity-tokens.ts';
import { SessionTokens } from './starting/session-tokens.ts';
import { SessionList, type ListedSession } from './lists/list.ts';
import type { GroupRecord, OperatorSource } from './state/operator-port.ts';
import { Corrections } from './messages/corrections.ts';
import { MessageStore } from './messages/store.ts';
import { People } from './people/people.ts';
import { closeWithTheirChat } from './answering/deleted-chats.ts';
import { isPlacing } from './state/floor.ts';
import { isHeld, type HotSession } from './state/session.ts';
import type { FileSource } from './state/file-source.ts';
import type { StartCall } from './starting/request.ts';
import { Starts } from './starting/start.ts';
import type { StartOutcome } from './starting/start-answers.ts';
import { StepRunner } from './answering/step-runner.ts';
import { Steps } from './state/steps.ts';
import { SessionStore } from './state/store.ts';
import { EventStreams } from './state/streams.ts';
import { Timers } from './answering/timers.ts';
import { TurnWaiter } from './answering/turn-waiter.ts';
import { sessionView } from './lists/view.ts';
import { outcomeOf } from './state/outcome.ts';

/** What the module needs. */
export interface SessionPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly announcer: Announcer;
  readonly changes: Changes;
  readonly memory: Memory;
  readonly notices: Pick<Notices, 'tell'>;
  readonly due: DueRunner;
  readonly lease: Pick<NodeLease, 'fence' | 'mayTakeOver'>;
  readonly log: Log;
  readonly sessionFigures: SessionFigures;
  readonly companies: CompanyRules;
  readonly chats: Chats;
  readonly clients: Pick<Clients, 'tags'>;
  readonly bots: BotSource;
  readonly operators: OperatorSource;
  readonly files: FileSource;
  readonly tokenKey: KeyObject;
  readonly vault: Vault;
  /** Aborted when the process begins to stop. */
  readonly stopping: AbortSignal;
}

/** How long a message waits at most for who gets the session. */
const PLACED_MS = 1_000;

/** Sessions: one conversation of one client each. */
export class Sessions {
  readonly tokens: SessionTokens;
  readonly store: SessionStore;
  /** What routing decides, and what becomes of people. */
  readonly routed: Routed;
  /** The event logs, as live delivery reads them. */
  readonly streams: EventStreams;
  /** What clients do in sessions beside writing. */
  readonly client: ClientCalls;
  /** Whether clients are there. */
  readonly attendance: Attendance;
  /** What people do in sessions. */
  readonly people: People;
  /** What happens to messages after they were said. */
  readonly corrections: Corrections;
  /** Lists of messages. */
  readonly messages: MessageStore;
  /** Dialogs of the bot API. */
  readonly dialogs: Dialogs;
  /** Questions to bots elsewhere. */
  readonly remoteTurns: RemoteTurns;
  readonly #ports: SessionPorts;
  readonly #runner: StepRunner;
  readonly #list: SessionList;
  readonly #starts: Starts;
  readonly #waiter: TurnWaiter;
  readonly #timers: Timers;
  readonly #identities: IdentityTokens;

  constructor(ports: SessionPorts) {
    const { database, clock, ids, announcer, due, companies, chats, bots, files, operators, notices, vault } = ports;
    this.#ports = ports;
    this.tokens = new SessionTokens(ports.tokenKey, clock, ports.memory);
    this.#identities = new IdentityTokens(ports.memory);
    this.store = new SessionStore(database);
    this.streams = new EventStreams(database);
    this.#list = new SessionList(database);
    const rules = { chats, companies };
    const disagreements = new Disagreements(ports);
    const disagreed = (id: string) => disagreements.note(id);
    const steps = new Steps({ ...ports, rules, disagreed, figures: ports.sessionFigures });
    const waiter = new TurnWaiter(announcer, clock, steps, ports.stopping);
    this.#waiter = waiter;
    this.#runner = new StepRunner(steps, { ids, bots, operators, notices }, waiter, ports.stopping);
    const { store, tokens } = this;
    const runner = this.#runner;
    const identities = this.#identities;
    this.#starts = new Starts({ database, clock, due, chats, files, runner, store, tokens, identities, waiter, vault });
    this.people = new People(runner, store, waiter);
    this.routed = new Routed(runner, store);
    this.corrections = new Corrections(steps, store);
    this.attendance = new Attendance({ due, clock, runner, store, lease: ports.lease });
    const { attendance, corrections } = this;
    this.client = new ClientCalls({ runner, attendance, corrections });
    this.messages = new MessageStore(database);
    this.dialogs = new Dialogs({ database, clock, runner, store, waiter, vault });
    this.remoteTurns = new RemoteTurns(runner, { clock, store, tokenKey: ports.tokenKey });
    this.#timers = new Timers({ due, clock, runner, remoteTurns: this.remoteTurns, store });
    this.#timers.register();
    closeWithTheirChat({ due, clock, chats, runner, store });
    ports.changes.on('session', (id, version) => steps.forget(id, version ?? Number.POSITIVE_INFINITY));
  }

  /** Sets the timers that belong to no session; once, at the start of the process. */
  async begin(): Promise<void> {
    await this.#timers.begin();
    await this.attendance.begin();
  }

  /** Starts or continues a session. */
  start(call: StartCall): Promise<StartOutcome> {
    return this.#starts.start(call);
  }

  /** Seals whom the calls of all sessions go to with the key of the day. */
  async reseal(): Promise<void> {
    await resealColumn(this.#ports.database, sealedCalls(this.#ports.vault));
  }

  /** What the calls of a session prove themselves by. */
  async proofsOf(id: string): Promise<CallProofs> {
    const session = await this.#runner.steps.get(id);
    const { callbackSecret, fcmServerKey } = (await chatOf(session, this.#ports)).settings;
    return { secret: callbackSecret, pushKey: fcmServerKey };
  }

  /**
   * A session that the caller may enter: where it shows a signed identity, by that alone. Throws `entity-not-found`,
   * or `session-token-refused`.
   */
  async enter(id: string, caller: Holder): Promise<HotSession> {
    // Live connections name sessions in texts of their own: what is no id names nothing.
    if (!isUuid(id)) throw notFound();
    const session = await this.#runner.steps.get(id);
    // A dialog of the bot API is entered by its own calls alone.
    if (session.chatId === null) throw notFound();
    const chat = await this.#ports.chats.evenDeleted(session.chatId);
    const { identity } = caller;
    if (identity !== undefined) await admitIdentity(this.#identities, session, chat, identity);
    else this.tokens.admit(session, chat, caller);
    return session;
  }

  /**
   * The same for what a client does and reads there; throws `client-banned` where it does nothing more: whoever hears
   * nothing live does not read it either.
   */
  async act(id: string, caller: Holder): Promise<HotSession> {
    return unlessBanned(await this.enter(id, caller), caller);
  }

  /** A session as its holder has it live; throws `entity-not-found` also where it ended more than a day ago. */
  async hold(id: string, holder: Holder): Promise<HotSession> {
    const session = await this.act(id, holder);
    if (!isHeld(session, this.#ports.clock.now())) throw notFound();
    return session;
  }

  /** Lets no token of the session that there is open it any more, nor the connections that came with one. */
  async revokeTokens({ id, chatId }: HotSession): Promise<void> {
    const { chats, changes } = this.#ports;
    await this.#runner.run(id, (draft) => draft.set({ tokenEpoch: draft.session.tokenEpoch + 1 }));
    const { settings } = await chats.evenDeleted(chatId ?? '');
    if (settings.identityVerification !== 'off') changes.tell('session-tokens', id);
  }

  /** The session of a message that the caller may enter. */
  async enterByMessage(messageId: string, caller: Holder): Promise<HotSession> {
    const row = await this.store.messageAnywhere(messageId);
    if (row === undefined) throw notFound();
    return this.enter(row.session_id, caller);
  }

  /** The same for what a client does with a message. */
  async actByMessage(messageId: string, caller: Holder): Promise<HotSession> {
    return unlessBanned(await this.enterByMessage(messageId, caller), caller);
  }

  /** A page of the company's sessions with all a user may see. */
  page(companyId: number, query: Parameters<SessionList['page']>[1]): Promise<ListPage<object>> {
    return this.#list.page(companyId, query, (items) => this.#views(items));
  }

  /** A session of the company with all a user may see. */
  async details(id: string, companyId: number): Promise<Session> {
    const found = await this.#list.find(companyId, id);
    const [view] = found === undefined ? [] : await this.#views([found]);
    if (view === undefined) throw notFound();
    return { ...view, ...outcomeOf(await this.#runner.steps.get(id)) };
  }

  /**
   * Takes what a client says, by whichever way it came, in a session that its caller may enter; the bot answers in the
   * same step. A repeat of its key answers the first answer. Where the bot hands over, whoever looks at the session after
   * this finds who got it: routing is waited for, but not for long.
   * @param key the key of the call itself, where it has one
   */
  async takeMessage(
    session: HotSession,
    said: ClientMessageBody,
    caller: Pick<Holder, 'user'>,
    key?: string,
  ): Promise<Accepted> {
    const incoming = await incomingOf(this.#ports.files, said, session, { caller, key });
    checkContent(incoming.body, incoming.attachments, 'body');
    const replyTo = await readReplyTo(this.store, session.id, incoming.replyToMessageId);
    let handedOver = false;
    const sent = { sessionId: session.id, author: 'CLIENT', authorId: session.clientId, key: incoming.key } as const;
    const accepted = await acceptOnce(this.store, sent, async () => {
      const step = await this.#runner.run(session.id, async (draft, setting) => {
        const taken = await continueWithMessage(draft, setting, { incoming, replyTo });
        handedOver = isPlacing(draft.session.floor) && draft.session.floor !== draft.before.floor;
        return taken;
      });
      if (step === null) throw new Failure('session-closed');
      return step.message;
    });
    if (handedOver) await this.#waiter.placed(session.id, PLACED_MS);
    return accepted;
  }

  async #views(items: readonly ListedSession[]): Promise<SessionListItem[]> {
    const { chats, clients, operators } = this.#ports;
    const tags = await clients.tags.namesOf(items.map(({ session }) => session));
    const groups = new Map<string, Promise<GroupRecord | undefined>>();
    return Promise.all(
      items.map(async (item) => {
        const { companyId, chatId, handOver, id } = item.session;
        const groupId = handOver?.groupId ?? null;
        if (groupId !== null && !groups.has(groupId)) groups.set(groupId, operators.group(companyId, groupId));
        const group = groupId === null ? undefined : await groups.get(groupId);
        const chat = await chats.evenDeleted(chatId ?? '');
        return sessionView(item, { chat, group, tags: tags.get(id) ?? [] });
      }),
    );
  }
}

/** The session, unless its client is banned and calls. A ban is the client's alone: people go on. */
function unlessBanned(session: HotSession, { user }: Pick<Holder, 'user'>): HotSession {
  if (user === null && session.clientBanned) throw new Failure('client-banned');
  return session;
}
