import { createRequire } from 'node:module';
import { pino, type Logger } from 'pino';
import type prettily from 'pino-pretty';
import { isAway } from './breaks.ts';
import { Failure } from './failure.ts';

/** Where the server writes what it does: JSON lines, or readable ones on a terminal. */
export type Log = Logger;

/** How much is written. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** Opens the log on standard error, so that standard output is left for what a person asked to see. */
export function openLog(level: LogLevel, terminal: boolean): Log {
  const options = {
    level,
    redact: ['req.headers.authorization', 'password', 'token', 'refreshToken', 'sessionToken'],
    serializers: { error: describe },
  };
  if (!terminal) return pino(options, pino.destination(2));
  // Loaded where somebody looks on: it is thirty files.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof prettily;
  return pino(options, pretty({ colorize: true, destination: 2, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }));
}

/** The level of a failure's line: that the database is away, or something full, is said once, and not by all who find it so. */
export function faultLevel<L extends LogLevel>(error: unknown, level: L): L | 'debug' {
  const passes = isAway(error) || (error instanceof Failure && error.status === 503);
  return passes ? 'debug' : level;
}

/** A session id as logs may show it: enough to find it, too little to enter it. */
export function shortId(id: string): string {
  return `${id.slice(0, 8)}…`;
}

/** What of an error helps: its code, words and place; not the objects that hang on it. */
function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { name: error.name, code: (error as NodeJS.ErrnoException).code, message: error.message, stack: error.stack };
}
