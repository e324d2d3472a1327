import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openDatabaseServer } from '../platform/postgres/index.ts';
import { prepareServer } from './prepare-server.ts';

/** Starts the embedded server once for all files; each file has databases of its own on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'molva-test-'));
  await chmod(folder, 0o711);
  // Several files are run at once, and some of them open two applications.
  const server = await openDatabaseServer(folder, undefined, { connections: 200 });
  await prepareServer(server.connection);
  project.provide('database', server.connection);
  return async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
}
