import { pino } from 'pino';
import type { Log } from '../platform/log.ts';

/** A log whose lines a test can read. */
export interface KeptLog {
  readonly log: Log;
  /** What was said at the level of information or above, oldest first. */
  readonly messages: string[];
}

/** Opens a log that is kept in memory. */
export function keptLog(): KeptLog {
  const messages: string[] = [];
  const write = (line: string): void => void messages.push((JSON.parse(line) as { msg: string }).msg);
  return { log: pino({ level: 'info' }, { write }), messages };
}
