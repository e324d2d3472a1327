import type { Announcer } from '../../../platform/announcer.ts';
import { isRefused } from '../../../platform/breaks.ts';
import { bytesBeyond } from '../../../platform/bytes-of.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import type { DueRunner } from '../../../platform/due.ts';
import type { SessionFigures } from '../../../platform/figures.ts';
import { noRoom, notFound } from '../../../platform/failure.ts';
import type { Ids } from '../../../platform/ids.ts';
import { shortId } from '../../../platform/log.ts';
import type { Vault } from '../../../platform/vault.ts';
import type { Memory, MemoryPart } from '../../../platform/memory.ts';
import { SeatTaken } from './append.ts';
import { chatOf, type RuleSource } from './chat-of.ts';
import { Draft } from './draft.ts';
import { GroupedWrites, type Manner } from './grouped-writes.ts';
import { SessionReader } from './load.ts';
import type { HotSession } from './session.ts';

/** Makes up a step: reads `draft.session`, adds and changes, and answers what the caller wants to know. */
export type Decide<T> = (draft: Draft) => Promise<T> | T;

/** A version no memory has: the session is read as the database has it now. */
export const NEWEST = Number.MAX_SAFE_INTEGER;

/** How often a step is made up: whoever loses so many races stands aside for a moment. */
const MOST_TRIES = 10;

/** What a step asks for. */
export interface StepRequest {
  /**
   * A version of the session that there is, as a due row or a caller says: memory that is older is read anew, so that
   * what is decided, above all that there is nothing to do, is decided on that version or a later one. Null asks nothing.
   */
  readonly atLeast?: number | null;
  /**
   * Nobody waits for it, as for the end of a session whose time is over: it is written behind steps that somebody waits
   * for. Throws `SessionBusy` where somebody else goes on writing the session.
   */
  readonly unhurried?: boolean;
}

/** Somebody else is writing the session: nothing of the step is written, and it may be tried again in a while. */
export class SessionBusy extends Error {}

/** How often a step that nobody waits for is made up. */
const UNHURRIED_TRIES = 3;

/** What the steps need. */
export interface StepPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly due: DueRunner;
  readonly ids: Ids;
  readonly memory: Memory;
  readonly rules: RuleSource;
  readonly vault: Vault;
  readonly figures: SessionFigures;
  /** Hears of a row whose documented columns were written beside its floor. */
  readonly disagreed: (id: string) => void;
}

/**
 * Runs the steps of sessions: one at a time within a session on this node, and against other nodes by the version
 * each write names. Sessions stay in memory between steps, so that a busy one costs one statement a step.
 */
export class Steps {
  readonly #ports: StepPorts;
  readonly #known: MemoryPart<string, HotSession | undefined>;
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #writes: GroupedWrites;
  readonly #reader: SessionReader;

  constructor(ports: StepPorts) {
    this.#ports = ports;
    this.#reader = new SessionReader(ports.database, ports.disagreed);
    this.#writes = new GroupedWrites(ports);
    ports.figures.writesWait(() => this.#writes.waiting);
    this.#known = ports.memory.part({ name: 'session', read: (id) => this.#load(id), bytesBeyond });
  }

  /** The session as last seen, read if it is not in memory; throws `entity-not-found`. */
  get(id: string): Promise<HotSession> {
    return this.#newEnough(id, 0);
  }

  /** Drops a session from memory where it is older than a version that there is. */
  forget(id: string, version: number): void {
    // Also one that is being read: the reading may have begun before.
    if ((this.#known.known(id)?.version ?? 0) < version) this.#known.drop(id);
  }

  /** Somebody read an event that the log has: memory that does not know of it is too old. */
  learned(id: string, eventSeq: number): void {
    if ((this.#known.known(id)?.lastEventSeq ?? eventSeq) < eventSeq) this.#known.drop(id);
  }

  /** Puts a session that was just written into memory. */
  remember(session: HotSession): void {
    // Who wrote it may come to tell after somebody who wrote, or read, a later state.
    if ((this.#known.known(session.id)?.version ?? 0) > session.version) return;
    this.#known.put(session.id, session);
  }

  /**
   * Makes up a step, commits it and announces it. A lost race makes it up again on the newer state; throws `no-room` where
   * all are lost, and nothing of it is written then.
   */
  run<T>(named: string, decide: Decide<T>, { atLeast, unhurried = false }: StepRequest = {}): Promise<T> {
    // One session, one line, however its id is written.
    const id = named.toLowerCase();
    const tail = this.#tails.get(id);
    const attempt = (): Promise<T> => this.#attempt(id, decide, atLeast ?? 0, unhurried);
    const turn = tail === undefined ? attempt() : tail.then(attempt);
    const leave = (): void => {
      if (this.#tails.get(id) === settled) this.#tails.delete(id);
    };
    const settled = turn.then(leave, leave);
    this.#tails.set(id, settled);
    return turn;
  }

  /** An empty step of a session, with the rules it goes by at hand. */
  async draftOf(session: HotSession): Promise<Draft> {
    const { rules, clock } = this.#ports;
    const chat = await chatOf(session, rules);
    return new Draft(session, chat, clock.now(), this.#ports);
  }

  async #attempt<T>(id: string, decide: Decide<T>, atLeast: number, unhurried: boolean): Promise<T> {
    const most = unhurried ? UNHURRIED_TRIES : MOST_TRIES;
    for (let tries = 0; tries < most; tries++) {
      // Behind the steps before it: the one whose commit is seen elsewhere already may still wait for its answer.
      const lap = this.#ports.figures.lap();
      const session = await this.#newEnough(id, atLeast);
      const draft = await this.draftOf(session);
      lap('read');
      const answer = await decide(draft);
      lap('decide');
      if (draft.empty) {
        this.announce(draft);
        return answer;
      }
      const committed = await this.#commit(draft, { again: tries > 0, unhurried });
      lap('commit');
      if (committed) {
        this.remember({ ...draft.session, version: session.version + 1 });
        this.announce(draft);
        return answer;
      }
      this.#known.drop(session.id);
    }
    if (unhurried) throw new SessionBusy('somebody else is writing the session');
    throw noRoom('step-overtaken', { session: shortId(id) });
  }

  async #commit(draft: Draft, manner: Manner): Promise<boolean> {
    try {
      return await this.#writes.write(draft, manner);
    } catch (error) {
      // Whether it was written is not known: the next reader asks the database, and so does whoever delivers.
      const { id, lastEventSeq } = draft.session;
      this.#known.drop(id);
      const refused = error instanceof SeatTaken || isRefused(error);
      if (draft.events.length > 0 && !refused) this.#ports.announcer.reached(id, lastEventSeq);
      throw error;
    }
  }

  /** Tells of a session that was written with its first step. */
  begun(draft: Draft): void {
    const { session } = draft;
    this.remember({ ...session, version: session.version + 1 });
    this.#ports.figures.started();
    this.announce(draft);
  }

  /** Tells of a draft that is committed. */
  announce(draft: Draft): void {
    const { announcer, due, figures } = this.#ports;
    for (const { authorType } of draft.messages) figures.said(authorType, 1);
    const { floor } = draft.session;
    if (floor.at === 'closed' && draft.before.floor.at !== 'closed') figures.closed(floor.by);
    // Also where nothing was said: somebody may wait for the bot to be done.
    if (!draft.empty) announcer.committed(draft.before.id, draft.events);
    for (const event of draft.passing) announcer.passing(draft.before.id, event);
    for (const wish of draft.due) due.hint(wish.at);
  }

  /** The session as it is in memory where that is not older than the version, else as the database has it. */
  async #newEnough(id: string, version: number): Promise<HotSession> {
    const key = id.toLowerCase();
    if (version > 0) this.forget(key, version);
    const session = await this.#known.get(key);
    if (session === undefined) throw notFound();
    return session;
  }

  async #load(id: string): Promise<HotSession | undefined> {
    const session = await this.#reader.read(id);
    // What is in memory is announced: an answer may have been lost, or another node may have written.
    if (session !== undefined) this.#ports.announcer.reached(id, session.lastEventSeq);
    return session;
  }
}
