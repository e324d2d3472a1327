import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { StartError } from '../start-error.ts';
import type { RunAs } from './run-as.ts';
import type { Starting } from './starting.ts';

/** What the programs of PostgreSQL are given of the environment. */
export const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C' } as const;

/**
 * Runs a program to its end, while others do something else. Throws `StartError` where it fails: the words, and the last
 * line that the program said. A stop ends it, and its reason is thrown.
 */
export async function run(
  { command, args }: ReturnType<RunAs['wrap']>,
  words: string,
  { stop, waiting }: Pick<Starting, 'stop' | 'waiting'>,
): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/', env: ENVIRONMENT });
  const end = (): boolean => child.kill('SIGTERM');
  stop.addEventListener('abort', end);
  if (stop.aborted) end();
  waiting?.();
  const ended = Promise.all([text(child.stderr), once(child, 'close')]).then(
    ([said]) => ({ status: child.exitCode, reason: said.trim().split('\n').at(-1) ?? '' }),
    (error: Error) => ({ status: null, reason: error.message }),
  );
  const { status, reason } = await ended;
  stop.removeEventListener('abort', end);
  if (stop.aborted) throw stop.reason;
  if (status !== 0) throw new StartError(`${words}: ${reason}`);
}
