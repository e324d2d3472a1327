import type { Clock } from '../../../platform/clock.ts';
import type { DueRunner } from '../../../platform/due.ts';
import { Failure } from '../../../platform/failure.ts';
import type { Chats } from '../../chats/index.ts';
import { findClient, lookingAgain, type FoundClient } from '../../clients/index.ts';
import type { BirthPorts } from '../answering/birth.ts';
import { once } from '../answering/once.ts';
import { unlessGone } from '../answering/step-runner.ts';
import type { TurnWaiter } from '../answering/turn-waiter.ts';
import type { FileSource } from '../state/file-source.ts';
import { expiresAt, type HotSession } from '../state/session.ts';
import type { SessionStore } from '../state/store.ts';
import { Births } from './births.ts';
import { Continues } from './continues.ts';
import { isTheirs, mayContinue } from './holding.ts';
import { claimOf, clientOf, readStart, verifies, type StartCall, type StartRequest } from './request.ts';
import type { IdentityTokens } from './identity-tokens.ts';
import type { SessionTokens } from './session-tokens.ts';
import { StartAnswers, type StartOutcome } from './start-answers.ts';
import { StartStore, type LiveSession } from './start-store.ts';
import { endUnproven } from './unproven.ts';

/** What starting and continuing needs. */
export interface StartPorts extends BirthPorts {
  readonly due: DueRunner;
  readonly clock: Clock;
  readonly chats: Chats;
  readonly files: FileSource;
  readonly store: SessionStore;
  readonly tokens: SessionTokens;
  readonly identities: IdentityTokens;
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
    endUnproven(ports);
  }

  /** Starts or continues a session as asked. */
  async start(call: StartCall): Promise<StartOutcome> {
    const { chats, clock, identities } = this.#ports;
    const request = await readStart(identities, call, await chats.open(call.chatId), clock.now());
    return once({
      key: request.keys.start,
      lookFirst: true,
      replay: (key) => this.#answers.ofStart(request, key),
      write: () => lookingAgain(() => this.#begin(request)),
    });
  }

  async #begin(request: StartRequest): Promise<StartOutcome> {
    const { database, runner } = this.#ports;
    const named = await this.#named(request);
    if (named !== undefined) {
      const of = this.#isLive(named) ? await this.#continues.saidOf(named, request) : null;
      const goneOn = this.#isLive(named) ? await this.#continues.go(named, request, of) : undefined;
      if (goneOn !== undefined) return goneOn;
      const repeated = await this.#repeated(named, request);
      if (repeated !== undefined) return repeated;
    }
    const found = await findClient(database, runner.ports.ids, claimOf(request));
    if (found.row.banned_at !== null) throw new Failure('client-banned');
    const looks = request.continues && found.known !== null;
    const theirs = looks ? await this.#starts.liveOfClient(clientOf(request, found)) : [];
    return (await this.#goOn(request, found, theirs)) ?? this.#births.begin(request, found, theirs);
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
    return this.#continues.go(session, request, { claim: claimOf(request), found });
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
}
