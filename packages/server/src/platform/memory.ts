import type { Elapsed } from './clock.ts';
import { bytesOf } from './bytes-of.ts';

/** A value that is there. */
type Present<Value> = Value & ({} | null);

/** How a part of the memory is kept. */
export interface PartOptions<Key extends string | number, Value> {
  /** Its name in the figures. */
  readonly name: string;
  /**
   * Reads what is not known, or not believed any more: `before` is what was. What failed and what is undefined is not kept.
   * Absent where values are only put and found.
   */
  read?(key: Key, before: Value | undefined): Promise<Value>;
  /** How long an entry is believed, in milliseconds; for as long as there is room where it is absent. */
  readonly lifeMs?: number;
  /** Bytes that a value takes; estimated where it is absent, which suits plain data. */
  bytesOf?(value: Value): number;
  /** How many bytes a value takes beyond the one whose place it is put in; both are measured where it is absent. */
  bytesBeyond?(value: Present<Value>, before: Present<Value>): number;
}

/** Figures of a part. */
export interface PartFigures {
  readonly name: string;
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  readonly bytes: number;
}

/** Bytes that an entry takes beside its key and value. */
const ENTRY_BYTES = 200;

/**
 * Everything this process keeps between calls and could read again: one bound in bytes for all of it, and what was not
 * read for the longest goes first, of whichever part it is. A reading only leaves its mark, as there are several a
 * message; where room is needed, entries with a mark lose it and go to the end.
 */
export class Memory {
  readonly #time: Pick<Elapsed, 'elapsed'>;
  readonly #limit: number;
  readonly #parts: Pick<MemoryPart<string, unknown>, 'clear' | 'figures'>[] = [];
  /** In the order they came, or were passed over when room was made. */
  readonly #order = new Set<Entry>();
  #bytes = 0;

  /** A memory of at most `limit` bytes. */
  constructor(time: Pick<Elapsed, 'elapsed'>, limit: number) {
    this.#time = time;
    this.#limit = limit;
  }

  /** Opens a part of it. */
  part<Key extends string | number, Value>(options: PartOptions<Key, Value>): MemoryPart<Key, Value> {
    const part = new MemoryPart(options, this.#time, {
      enter: (entry) => this.#order.add(entry),
      charge: (bytes) => this.#charge(bytes),
      leave: (entry) => this.#order.delete(entry),
    });
    this.#parts.push(part);
    return part;
  }

  /** Forgets everything, as when it is not known whether a change was heard of. */
  clear(): void {
    for (const part of this.#parts) part.clear();
  }

  /** The figures of each part. */
  figures(): PartFigures[] {
    return this.#parts.map((part) => part.figures());
  }

  #charge(bytes: number): void {
    this.#bytes += bytes;
    // What goes makes no more room than it took: whoever drops it goes on.
    while (bytes > 0 && this.#bytes > this.#limit) {
      const oldest = this.#order.values().next();
      if (oldest.done === true) return;
      if (oldest.value.read) this.#passOver(oldest.value);
      else oldest.value.drop();
    }
  }

  #passOver(entry: Entry): void {
    entry.read = false;
    this.#order.delete(entry);
    this.#order.add(entry);
  }
}

/** What the whole memory sees of an entry. */
interface Entry {
  /** Whether it was read since it came, or was passed over. */
  read: boolean;
  /** Takes it out of its part. */
  drop(): void;
}

/** What a part needs of the whole. */
interface Whole {
  enter(entry: Entry): void;
  charge(bytes: number): void;
  leave(entry: Entry): void;
}

/**
 * Values of one kind by key. An entry holds the reading itself, so that one dropped while it was being read is read
 * again by the next who asks: nobody who asks after a change gets what was before it.
 */
export class MemoryPart<Key extends string | number, Value> {
  readonly #options: PartOptions<Key, Value>;
  readonly #time: Pick<Elapsed, 'elapsed'>;
  readonly #whole: Whole;
  readonly #entries = new Map<Key, Kept<Value>>();
  #hits = 0;
  #misses = 0;
  #bytes = 0;

  constructor(options: PartOptions<Key, Value>, time: Pick<Elapsed, 'elapsed'>, whole: Whole) {
    this.#options = options;
    this.#time = time;
    this.#whole = whole;
  }

  /** The value of a key, read where it is not known or known for too long; rejects where the reading fails. */
  get(key: Key): Promise<Value> {
    const known = this.#entries.get(key);
    if (known !== undefined && this.#isBelieved(known)) {
      this.#hits++;
      known.read = true;
      return known.reading;
    }
    this.#misses++;
    const reading =
      this.#options.read?.(key, known?.value) ?? Promise.reject(new Error(`nobody reads ${this.#options.name}`));
    const entry = this.#add(key, reading);
    const drop = (): void => this.#dropEntry(key, entry);
    // What is not there now may be there in a moment: an id can be named before what it names exists.
    void reading.then((value) => (value === undefined ? drop() : this.#settle(key, entry, value)), drop);
    return reading;
  }

  /** The value of a key where it is known by now; that is no reading of it. */
  known(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#isBelieved(entry) ? entry.value : undefined;
  }

  /** The value of a key where it is known by now, as a reading of it: for what is made here and only put. */
  find(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || !this.#isBelieved(entry)) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    entry.read = true;
    return entry.value;
  }

  /** Keeps a value that was just written, in place of what was known or is being read. */
  put(key: Key, value: Present<Value>): void {
    const known = this.#entries.get(key);
    const before = known?.value;
    if (known === undefined || before === undefined) {
      this.#settle(key, this.#add(key, Promise.resolve(value)), value);
      return;
    }
    known.value = value;
    known.reading = Promise.resolve(value);
    known.until = this.#until();
    known.read = true;
    this.#charge(known, this.#options.bytesBeyond?.(value, before) ?? this.#bytesOf(value) - this.#bytesOf(before));
  }

  /** Forgets a key whose value was changed. */
  drop(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#dropEntry(key, entry);
  }

  /** Forgets all of it. */
  clear(): void {
    for (const [key, entry] of this.#entries) this.#dropEntry(key, entry);
  }

  /** What happened to it so far, and what it holds. */
  figures(): PartFigures {
    const { name } = this.#options;
    return { name, hits: this.#hits, misses: this.#misses, entries: this.#entries.size, bytes: this.#bytes };
  }

  /** What never expires, as sessions, asks no clock: they are looked up several times a step. */
  #isBelieved({ until }: Kept<Value>): boolean {
    return until === Number.POSITIVE_INFINITY || this.#time.elapsed() < until;
  }

  #add(key: Key, reading: Promise<Value>): Kept<Value> {
    this.drop(key);
    const entry: Kept<Value> = {
      reading,
      until: this.#until(),
      value: undefined,
      bytes: 0,
      read: false,
      drop: () => this.#dropEntry(key, entry),
    };
    this.#entries.set(key, entry);
    this.#whole.enter(entry);
    this.#charge(entry, ENTRY_BYTES + bytesOf(key));
    return entry;
  }

  #settle(key: Key, entry: Kept<Value>, value: Present<Value>): void {
    // Dropped while it was being read: it is no part of the memory any more.
    if (this.#entries.get(key) !== entry) return;
    entry.value = value;
    this.#charge(entry, this.#bytesOf(value));
  }

  #until(): number {
    const { lifeMs } = this.#options;
    return lifeMs === undefined ? Number.POSITIVE_INFINITY : this.#time.elapsed() + lifeMs;
  }

  #bytesOf(value: Value): number {
    return this.#options.bytesOf?.(value) ?? bytesOf(value);
  }

  /** Counts first, then makes room: which may drop this very entry. */
  #charge(entry: Kept<Value>, bytes: number): void {
    entry.bytes += bytes;
    this.#bytes += bytes;
    this.#whole.charge(bytes);
  }

  #dropEntry(key: Key, entry: Kept<Value>): void {
    if (this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    this.#whole.leave(entry);
    this.#charge(entry, -entry.bytes);
  }
}

interface Kept<Value> extends Entry {
  reading: Promise<Value>;
  /** Known once it was read. */
  value: Present<Value> | undefined;
  bytes: number;
  until: number;
}
