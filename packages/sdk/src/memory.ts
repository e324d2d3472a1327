import type { Storage } from './environment.ts';
import type { OutgoingMessage } from './outbox/outbox.ts';

/** What a chat keeps over a reload. */
export interface Kept {
  readonly sessionId?: string;
  readonly clientId?: string;
  readonly sessionToken?: string;
  /** The key of a start that nobody answered yet, and when it was made. */
  readonly startKey?: { readonly key: string; readonly at: number };
  readonly outbox?: readonly OutgoingMessage[];
}

/** The kept part of a chat. Storage that fails is no reason to fail: the chat then merely forgets. */
export class Memory {
  readonly #storage: Storage;
  readonly #key: string;
  #kept: Kept = {};
  #loaded = false;
  #writing = false;
  /** What is to be written next: of what waits, only the newest counts. */
  #next: string | undefined;

  constructor(storage: Storage, url: string, chatId: string) {
    this.#storage = storage;
    this.#key = `molva:${url}:${chatId}`;
  }

  get kept(): Kept {
    return this.#kept;
  }

  /** Reads what an earlier page kept, and answers it; what was kept since then goes before it. */
  async load(): Promise<Kept> {
    let stored: Kept = {};
    try {
      const text = await this.#storage.get(this.#key);
      if (text !== null) stored = JSON.parse(text) as Kept;
    } catch {
      // Unreadable storage: the chat begins without it.
    }
    this.#loaded = true;
    this.#kept = { ...stored, ...this.#kept };
    return stored;
  }

  keep(change: Partial<{ [K in keyof Kept]: Kept[K] | undefined }>): void {
    const entries = Object.entries({ ...this.#kept, ...change }).filter(([, value]) => value !== undefined);
    this.#kept = Object.fromEntries(entries) as Kept;
    // Nothing is written over what was not read yet.
    if (!this.#loaded) return;
    this.#next = JSON.stringify(this.#kept);
    if (!this.#writing) void this.#write();
  }

  /** One write at a time: an older one never lands on a newer. */
  async #write(): Promise<void> {
    this.#writing = true;
    for (let text = this.#next; text !== undefined; text = this.#next) {
      this.#next = undefined;
      try {
        await this.#storage.set(this.#key, text);
      } catch {
        // Full or forbidden storage: the chat goes on without it.
      }
    }
    this.#writing = false;
  }
}
