import type { Announcer } from '../../../platform/announcer.ts';
import { isRefused } from '../../../platform/breaks.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import type { DueRunner } from '../../../platform/due.ts';
import { notFound } from '../../../platform/failure.ts';
import type { Ids } from '../../../platform/ids.ts';
import { append } from './append.ts';
import type { Notifier } from './outgoing-calls.ts';
import { Draft } from './draft.ts';
import { loadSession } from './load.ts';
import type { HotSession } from './session.ts';

/** Makes up a step: reads `draft.session`, adds and changes, and answers what the caller wants to know. */
export type Decide<T> = (draft: Draft) => Promise<T> | T;

/** A session with whatever its notifications need to be known before a step can be made up. */
export type NotifierOf = (session: HotSession) => Promise<Notifier>;

/** What the steps need. */
export interface StepPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly due: DueRunner;
  readonly ids: Ids;
  readonly notifierOf: NotifierOf;
}

/** Sessions kept in memory; the least recently used go first. */
const CACHE_SIZE = 20_000;

/**
 * Runs the steps of sessions: one at a time within a session on this node, and against other nodes by the version
 * each write names. Sessions stay in memory between steps, so that a busy one costs one statement a step.
 */
export class Steps {
  readonly #ports: StepPorts;
  readonly #cache = new Map<string, HotSession>();
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(ports: StepPorts) {
    this.#ports = ports;
  }

  /** The session as last seen, read if it is not in memory; throws `entity-not-found`. */
  async get(id: string): Promise<HotSession> {
    const session = this.#cache.get(id) ?? (await this.#load(id));
    if (session === undefined) throw notFound();
    return session;
  }

  /** Drops a session from memory, as when its client was changed elsewhere. */
  forget(id: string): void {
    this.#cache.delete(id);
  }

  /** Somebody read an event that the log has: memory that does not know of it is too old. */
  learned(id: string, eventSeq: number): void {
    if ((this.#cache.get(id)?.lastEventSeq ?? eventSeq) < eventSeq) this.forget(id);
  }

  /** Puts a session that was just written into memory. */
  remember(session: HotSession): void {
    // A slower reader may bring an older state than a step that was committed meanwhile.
    if ((this.#cache.get(session.id)?.version ?? 0) > session.version) return;
    this.#cache.delete(session.id);
    this.#cache.set(session.id, session);
    if (this.#cache.size > CACHE_SIZE) {
      const oldest = this.#cache.keys().next();
      if (oldest.done !== true) this.#cache.delete(oldest.value);
    }
  }

  /** Makes up a step, commits it and announces it. A lost race makes it up again on the newer state. */
  run<T>(id: string, decide: Decide<T>): Promise<T> {
    const tail = this.#tails.get(id);
    const turn = tail === undefined ? this.#attempt(id, decide) : tail.then(() => this.#attempt(id, decide));
    const settled = turn.then(noop, noop);
    this.#tails.set(id, settled);
    void settled.then(() => {
      if (this.#tails.get(id) === settled) this.#tails.delete(id);
    });
    return turn;
  }

  async #attempt<T>(id: string, decide: Decide<T>): Promise<T> {
    for (;;) {
      const session = await this.get(id);
      const draft = new Draft(session, this.#ports.clock.now(), await this.#ports.notifierOf(session));
      const answer = await decide(draft);
      if (draft.empty) {
        this.announce(draft);
        return answer;
      }
      if (await this.#commit(draft)) {
        this.remember({ ...draft.session, version: session.version + 1 });
        this.announce(draft);
        return answer;
      }
      this.#cache.delete(id);
    }
  }

  async #commit(draft: Draft): Promise<boolean> {
    try {
      return await append(this.#ports.database, this.#ports.ids, draft);
    } catch (error) {
      // Whether it was written is not known: the next reader asks the database, and so does whoever delivers.
      const { id, lastEventSeq } = draft.session;
      this.#cache.delete(id);
      if (draft.events.length > 0 && !isRefused(error)) this.#ports.announcer.reached(id, lastEventSeq);
      throw error;
    }
  }

  /** Tells of a draft that is committed. */
  announce(draft: Draft): void {
    const { announcer, due } = this.#ports;
    // Also where nothing was said: somebody may wait for the bot to be done.
    if (!draft.empty) announcer.committed(draft.before.id, draft.events);
    for (const event of draft.passing) announcer.passing(draft.before.id, event);
    for (const wish of draft.due) due.hint(wish.at);
  }

  async #load(id: string): Promise<HotSession | undefined> {
    const session = await loadSession(this.#ports.database, id);
    if (session === undefined) return undefined;
    this.remember(session);
    // What is in memory is announced: an answer may have been lost, or another node may have written.
    this.#ports.announcer.reached(id, session.lastEventSeq);
    return session;
  }
}

function noop(): void {}
