import { shortId, type Log } from './log.ts';

/** Something that happened and leaves no trace, such as typing. */
export interface PassingEvent {
  readonly event: string;
  /** The payload as JSON text: serialised once, stored and sent alike. */
  readonly data: string;
  /** Who may receive it, null: everybody. `client` is for connections that asked for their own echo. */
  readonly audience: string | null;
}

/** A committed event of a session, as the log holds it. */
export interface CommittedEvent extends PassingEvent {
  readonly eventSeq: number;
}

/** Bytes of events that are read from logs at once: each of those that are read together has its share. */
export const STREAM_BYTES = 8 * 1024 * 1024;

/** Hears of events after their commit, in `eventSeq` order within one call. */
export interface AnnouncementListener {
  committed?(sessionId: string, events: readonly CommittedEvent[]): void;
  /** The log reaches this event, or may reach it in a moment, and the teller has not got it: it is to be read. */
  reached?(sessionId: string, eventSeq: number): void;
  passing?(sessionId: string, event: PassingEvent): void;
}

/**
 * Carries committed events from the transaction that wrote them to whoever delivers them. Nothing is announced
 * before it is committed; a listener that misses one finds it in the event log. What a listener throws is its own
 * affair: neither who announces nor other listeners feel it.
 */
export class Announcer {
  readonly #log: Log;
  readonly #listeners = new Set<AnnouncementListener>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Adds a listener; dispose to remove it. */
  listen(listener: AnnouncementListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Tells of events that are committed. */
  committed(sessionId: string, events: readonly CommittedEvent[]): void {
    this.#tell(sessionId, (listener) => listener.committed?.(sessionId, events));
  }

  /** Tells how far the log goes, or may go once a commit of unknown outcome is through. */
  reached(sessionId: string, eventSeq: number): void {
    this.#tell(sessionId, (listener) => listener.reached?.(sessionId, eventSeq));
  }

  /** Tells of an event that is not kept. */
  passing(sessionId: string, event: PassingEvent): void {
    this.#tell(sessionId, (listener) => listener.passing?.(sessionId, event));
  }

  #tell(sessionId: string, tell: (listener: AnnouncementListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        tell(listener);
      } catch (error) {
        this.#log.error({ error, session: shortId(sessionId) }, 'who heard of an event failed');
      }
    }
  }
}
