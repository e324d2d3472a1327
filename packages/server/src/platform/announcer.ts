/** A committed event of a session, as the log holds it. */
export interface CommittedEvent {
  readonly eventSeq: number;
  readonly event: string;
  /** The payload as JSON text: serialised once, stored and sent alike. */
  readonly data: string;
  /** Who may receive it beyond everybody: `client` is for connections that asked for their own echo. */
  readonly audience: string | null;
}

/** Something that happened and leaves no trace, such as typing. */
export interface PassingEvent {
  readonly event: string;
  readonly data: string;
}

/** Hears of events after their commit, in `eventSeq` order within one call. */
export interface AnnouncementListener {
  committed?(sessionId: string, events: readonly CommittedEvent[]): void;
  passing?(sessionId: string, event: PassingEvent): void;
}

/**
 * Carries committed events from the transaction that wrote them to whoever delivers them. Nothing is announced
 * before it is committed; a listener that misses one finds it in the event log.
 */
export class Announcer {
  readonly #listeners = new Set<AnnouncementListener>();

  /** Adds a listener; dispose to remove it. */
  listen(listener: AnnouncementListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Tells of events that are committed. */
  committed(sessionId: string, events: readonly CommittedEvent[]): void {
    for (const listener of this.#listeners) listener.committed?.(sessionId, events);
  }

  /** Tells of an event that is not kept. */
  passing(sessionId: string, event: PassingEvent): void {
    for (const listener of this.#listeners) listener.passing?.(sessionId, event);
  }
}

/** The text of a publication: the envelope around a payload that is JSON already. */
export function envelopeText(event: string, data: string): string {
  return `{"event":"${event}","data":${data}}`;
}
