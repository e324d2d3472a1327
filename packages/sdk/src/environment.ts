/** A timer that was set. */
export interface Timer {
  cancel(): void;
}

/** Time as the SDK reads it; milliseconds. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, milliseconds: number): Timer;
}

/** Where a chat keeps what must survive a reload. Values are JSON text. */
export interface Storage {
  get(key: string): string | null | Promise<string | null>;
  set(key: string, value: string): void | Promise<void>;
  remove(key: string): void | Promise<void>;
}

/** The runtime's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(callback, milliseconds) {
    const handle = setTimeout(callback, milliseconds);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** A random UUID of the runtime. */
export const systemUuid = (): string => crypto.randomUUID();

/** Storage that ends with the chat. */
export function memoryStorage(): Storage {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
  };
}

/** The browser's local storage where there is one that works, else memory. */
export function defaultStorage(): Storage {
  try {
    const { localStorage } = globalThis;
    if (localStorage === undefined || typeof document === 'undefined') return memoryStorage();
    return {
      get: (key) => localStorage.getItem(key),
      set: (key, value) => localStorage.setItem(key, value),
      remove: (key) => localStorage.removeItem(key),
    };
  } catch {
    // A page may forbid its storage altogether.
    return memoryStorage();
  }
}

/** A wait that grows with each attempt, up to half a minute, at a random point of its upper half. */
export function backoff(attempt: number, random: () => number): number {
  const full = Math.min(30_000, 500 * 2 ** Math.min(attempt, 10));
  return full / 2 + random() * (full / 2);
}
