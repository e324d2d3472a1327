import type { Announcer } from '../../../platform/announcer.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import type { DueRunner } from '../../../platform/due.ts';
import { notFound } from '../../../platform/failure.ts';
import type { Ids } from '../../../platform/ids.ts';
import type { Memory, MemoryPart } from '../../../platform/memory.ts';
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
  readonly memory: Memory;
  readonly notifierOf: NotifierOf;
}

/**
 * Runs the steps of sessions: one at a time within a session on this node, and against other nodes by the version
 * each write names. Sessions stay in memory between steps, so that a busy one costs one statement a step.
 */
export class Steps {
  readonly #ports: StepPorts;
  readonly #known: MemoryPart<string, HotSession | undefined>;
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(ports: StepPorts) {
    this.#ports = ports;
    this.#known = ports.memory.part({ name: 'session', read: (id) => this.#load(id) });
  }

  /** The session as last seen, read if it is not in memory; throws `entity-not-found`. */
  async get(id: string): Promise<HotSession> {
    const session = await this.#known.get(id.toLowerCase());
    if (session === undefined) throw notFound();
    return session;
  }

  /** Drops a session from memory where it is older than a version that there is. */
  forget(id: string, version: number): void {
    // Also one that is being read: the reading may have begun before.
    if ((this.#known.known(id)?.version ?? 0) < version) this.#known.drop(id);
  }

  /** Puts a session that was just written into memory. */
  remember(session: HotSession): void {
    // Who wrote it may come to tell after somebody who wrote, or read, a later state.
    if ((this.#known.known(session.id)?.version ?? 0) > session.version) return;
    this.#known.put(session.id, session);
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
      this.#known.drop(session.id);
    }
  }

  async #commit(draft: Draft): Promise<boolean> {
    try {
      return await append(this.#ports.database, this.#ports.ids, draft);
    } catch (error) {
      // Whether it was written is not known: the next reader asks the database.
      this.#known.drop(draft.before.id);
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

  #load(id: string): Promise<HotSession | undefined> {
    return loadSession(this.#ports.database, id);
  }
}

function noop(): void {}
