import type { EventEnvelope } from '@molva/contract';
import { backoff } from './environment.ts';
import { isMolvaError, saysEnd, type MolvaError } from './errors.ts';
import type { ChatParts } from './parts.ts';

/** Whoever reads the event log of a session. */
export interface LogReader {
  /** Whether the log is still to be read. */
  isWanted(): boolean;
  /** What comes before each page. */
  begin(): Promise<void>;
  /** The last event that is known. */
  last(): number;
  take(envelope: EventEnvelope): void;
  /** Spreads readers that try again. */
  readonly random: () => number;
}

/**
 * Reads the log to its end, page by page, and tries again what fails in passing. Resolves with what the server refused
 * for good, where it did.
 */
export async function readLog(
  { api, clock }: ChatParts,
  sessionId: string,
  reader: LogReader,
): Promise<'read' | 'unwanted' | MolvaError> {
  for (let attempt = 0; reader.isWanted(); attempt++) {
    try {
      await reader.begin();
      if (!reader.isWanted()) break;
      const page = await api.events(sessionId, reader.last());
      if (!reader.isWanted()) break;
      for (const item of page.items) reader.take(item);
      if (!page.hasMore) return 'read';
    } catch (error) {
      if (!isMolvaError(error)) throw error;
      if (!reader.isWanted()) break;
      if (saysEnd(error) || !error.shouldRetry()) return error;
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, backoff(attempt, reader.random)));
    }
  }
  return 'unwanted';
}
