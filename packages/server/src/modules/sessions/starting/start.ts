import type { Clock } from '../../../platform/clock.ts';
import { Failure } from '../../../platform/failure.ts';
import type { Chats } from '../../chats/index.ts';
import { findClient, lookingAgain, type FoundClient } from '../../clients/index.ts';
import type { BirthPorts } from '../answering/birth.ts';
import { happen } from '../answering/happen.ts';
import { once } from '../answering/once.ts';
import { unlessGone } from '../answering/step-runner.ts';
import type { TurnWaiter } from '../answering/turn-waiter.ts';
import type { FileSource } from '../state/file-source.ts';
import { expiresAt, type HotSession } from '../state/session.ts';
import type { SessionStore } from '../state/store.ts';
import { Births } from './births.ts';
import { Continues } from './continues.ts';
import { isTheirs, mayContinue } from './holding.ts';
import { claimOf, clientOf, readStart, type StartCall, type StartRequest } from './request.ts';
import type { SessionTokens } from './session-tokens.ts';
import { StartAnswers, type StartOutcome } from './start-answers.ts';
import { StartStore, type LiveSession } from './start-store.ts';

/** What starting and continuing needs. */
export interface StartPorts extends BirthPorts {
  readonly clock: Clock;
  readonly chats: Chats;
  readonly files: FileSource;
  readonly store: SessionStore;
  readonly tokens: SessionTokens;
  readonly waiter: TurnWaiter;
}

/**
 * Starting a session, and going on with one. Nothing is written before all that can refuse the call was looked at, and the
 * client is written with its session: whoever overtakes it meanwhile makes it look again.
 */
export class Starts {
  readonly #ports: StartPorts;
  readonly #starts: StartStore;
  readonly #answers: StartAnswers;
  readonly #continues: Continues;
  readonly #births: Births;

  constructor(ports: StartPorts) {
    this.#ports = ports;
    this.#starts = new StartStore(ports.database);
    this.#answers = new StartAnswers({ ...ports, starts: this.#starts });
    this.#continues = new Continues(ports, this.#answers);
    this.#births = new Births(ports, this.#starts, this.#answers);
  }

  /** Starts or continues a session as asked. */
  async start(call: StartCall): Promise<StartOutcome> {
    const { chats, clock } = this.#ports;
    const request = await readStart(call, await chats.open(call.chatId), clock.now());
    const outcome = await once({
      key: request.keys.start,
      lookFirst: true,
      replay: (key) => this.#answers.ofStart(request, key),
      write: () => lookingAgain(() => this.#begin(request)),
    });
    // Also where the call is a repeat: the process may have ended between the first one's commit and this.
    if (request.identity !== null) await this.#endUnproven(request.chat.companyId, outcome.started.clientId);
    return outcome;
  }

  async #begin(request: StartRequest): Promise<StartOutcome> {
    const { database, runner } = this.#ports;
    const named = await this.#named(request);
    if (named !== undefined) {
      if (this.#isLive(named)) return this.#continues.go(named, request);
      const repeated = await this.#repeated(named, request);
      if (repeated !== undefined) return repeated;
    }
    const found = await findClient(database, runner.ports.ids, claimOf(request));
    if (found.row.banned_at !== null) throw new Failure('client-banned');
    const looks = request.continues && found.known !== null;
    const theirs = looks ? await this.#starts.liveOfClient(clientOf(request, found)) : [];
    const outcome = (await this.#goOn(request, found, theirs)) ?? (await this.#births.begin(request, found, theirs));
    // Who shows a signed identity is looked at again after any start, a repeated one too.
    const provenByWord = request.identity === null && found.signsIn;
    if (provenByWord && verifies(request)) await this.#endUnproven(found.row.company_id, found.row.id);
    return outcome;
  }

  /** The session of this chat that the call names, live or not, if the caller holds it. */
  async #named(request: StartRequest): Promise<HotSession | undefined> {
    const { body, chat } = request;
    const { sessionId } = body;
    if (sessionId === undefined) return undefined;
    const { runner, tokens } = this.#ports;
    const session = await unlessGone(undefined, () => runner.steps.get(sessionId));
    return session?.chatId === chat.id && mayContinue(request, session, tokens) ? session : undefined;
  }

  /** Goes on with what the client has in this chat; undefined where there is nothing that the caller may go on with. */
  async #goOn(
    request: StartRequest,
    found: FoundClient,
    theirs: readonly LiveSession[],
  ): Promise<StartOutcome | undefined> {
    if (!request.continues || found.known === null) return undefined;
    const { message } = request.keys;
    if (message !== undefined && request.incoming !== null) {
      // A repeat of the message that ended its session must not begin another one.
      const before = await this.#starts.repeatedByClient(clientOf(request, found), message);
      const said = await this.#firstOpen(request, before === undefined ? [] : [before]);
      const repeated = said && (await this.#repeated(said, request));
      if (repeated !== undefined) return repeated;
    }
    // Whoever began what is there may be somebody else than who is proven now.
    if (found.signsIn && verifies(request)) return undefined;
    const session = await this.#firstOpen(request, theirs);
    if (session === undefined || !this.#isLive(session)) return undefined;
    const outcome = await this.#continues.go(session, request);
    if (!outcome.replayed) await this.#continues.keep(request, found);
    return outcome;
  }

  /** The first of some sessions that were found for the client which the caller may go on with. */
  async #firstOpen(request: StartRequest, found: readonly LiveSession[]): Promise<HotSession | undefined> {
    const { runner, tokens } = this.#ports;
    const { chat, identity, caller } = request;
    const believes = chat.settings.resumeByExternalId && caller.user === null;
    for (const { id, verified } of found) {
      if (identity !== null && !isTheirs(identity, { verified })) continue;
      const session = await runner.steps.get(id);
      const believed = believes && identity === null && session.verified === null;
      if (believed || mayContinue(request, session, tokens)) return session;
    }
    return undefined;
  }

  /** What the message of a start came to, where it was said before in a session that the caller holds. */
  async #repeated({ id }: HotSession, { keys, incoming, later }: StartRequest): Promise<StartOutcome | undefined> {
    if (keys.message === undefined || incoming === null) return undefined;
    return this.#answers.ofMessage(id, keys.message, later);
  }

  #isLive(session: HotSession): boolean {
    return session.floor.at !== 'closed' && expiresAt(session) > this.#ports.clock.now();
  }

  /** Ends what its client began before it was proven: what is said after that is not for those who had it before. */
  async #endUnproven(companyId: number, clientId: string): Promise<void> {
    const { runner } = this.#ports;
    for (const id of await this.#starts.liveUnproven(companyId, clientId)) {
      await runner.run(id, (draft, setting) => happen(draft, setting, { is: 'clientClosed' }));
    }
  }
}

/** Whether the chat asks anybody for a proof: where none does, an id is trusted as it is. */
function verifies({ chat }: StartRequest): boolean {
  return chat.settings.identityVerification !== 'off';
}
