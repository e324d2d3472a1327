import type { Draft } from '../state/draft.ts';
import type { Floor } from '../state/floor.ts';

/** Questions to bots elsewhere that are under way in this process, each with what calls it off. */
export class Aborts {
  readonly #asking = new Map<string, AbortController>();
  readonly #stopping: AbortSignal;

  /** @param stopping aborted when the process begins to stop: whatever is asked is called off then */
  constructor(stopping: AbortSignal) {
    this.#stopping = stopping;
    stopping.addEventListener('abort', () => {
      for (const controller of this.#asking.values()) controller.abort();
    });
  }

  /** The signal of a question, until it is disposed of. */
  open(question: string): Disposable & { readonly signal: AbortSignal } {
    const controller = new AbortController();
    if (this.#stopping.aborted) controller.abort();
    this.#asking.set(question, controller);
    return { signal: controller.signal, [Symbol.dispose]: () => void this.#asking.delete(question) };
  }

  /** After a commit: whatever left the floor unanswered, as by a take-over or the end, is called off. */
  committed({ before, session }: Draft): void {
    if (this.#asking.size === 0 || before.floor === session.floor) return;
    const left = new Set(inboxOf(session.floor));
    for (const id of inboxOf(before.floor)) if (!left.has(id)) this.#asking.get(id)?.abort();
  }
}

function inboxOf(floor: Floor): string[] {
  return floor.at === 'bot' && floor.phase.is === 'asking' ? floor.phase.inbox.map(({ id }) => id) : [];
}
