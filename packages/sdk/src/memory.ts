import type { Storage } from './environment.ts';
import type { OutgoingMessage } from './outbox/outbox.ts';

/** What a chat keeps over a reload. */
export interface Kept {
  readonly sessionId?: string;
  readonly clientId?: string;
  readonly sessionToken?: string;
  /** The key of a start that nobody answered yet. */
  readonly startKey?: string;
  readonly outbox?: readonly OutgoingMessage[];
}

/** The kept part of a chat. Storage that fails is no reason to fail: the chat then merely forgets. */
export class Memory {
  readonly #storage: Storage;
  readonly #key: string;
  #kept: Kept = {};

  constructor(storage: Storage, url: string, chatId: string) {
    this.#storage = storage;
    this.#key = `molva:${url}:${chatId}`;
  }

  get kept(): Kept {
    return this.#kept;
  }

  async load(): Promise<Kept> {
    try {
      const text = await this.#storage.get(this.#key);
      if (text !== null) this.#kept = JSON.parse(text) as Kept;
    } catch {
      this.#kept = {};
    }
    return this.#kept;
  }

  keep(change: Partial<{ [K in keyof Kept]: Kept[K] | undefined }>): void {
    const entries = Object.entries({ ...this.#kept, ...change }).filter(([, value]) => value !== undefined);
    this.#kept = Object.fromEntries(entries) as Kept;
    void this.#write(JSON.stringify(this.#kept));
  }

  async #write(text: string): Promise<void> {
    try {
      await this.#storage.set(this.#key, text);
    } catch {
      // Full or forbidden storage: the chat goes on without it.
    }
  }
}
