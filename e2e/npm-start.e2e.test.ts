import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { testFolder } from './support/folders.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { untilReady } from './support/molva.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

it.each([
  ['SIGTERM to npm alone', 'SIGTERM', false],
  ['Ctrl-C, which reaches all of it', 'SIGINT', true],
  ['a supervisor that tells all of it to end', 'SIGTERM', true],
] as const)('npm start is stopped as a whole, and in order, by %s', async (_what, signal, group) => {
  const folder = await testFolder();
  const port = await freePort();
  const environment = { ...process.env, MOLVA_DATA_DIR: join(folder, 'data'), MOLVA_PORT: String(port) };
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let output = '';
  npm.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await untilReady(`http://127.0.0.1:${port}`);
  const ended = once(npm, 'exit');
  process.kill((npm.pid ?? 0) * (group ? -1 : 1), signal);
  await ended;
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/health/live`).then(
      () => true,
      () => false,
    );
  await expect.poll(answers, { interval: 200 }).toBe(false);
  await expect.poll(() => output).toContain('stopping: calls under way are finished');
  // The lock goes last of all, and only in an orderly end.
  const locked = () =>
    stat(join(folder, 'data', 'molva.lock')).then(
      () => true,
      () => false,
    );
  await expect.poll(locked).toBe(false);
});
