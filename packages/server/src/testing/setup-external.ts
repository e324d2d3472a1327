import type { TestProject } from 'vitest/node';
import { ExternalDatabase } from './external-database.ts';
import { prepareServer } from './prepare-server.ts';

/** Starts somebody else's server once for all files; each file has databases of its own on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const database = await ExternalDatabase.open();
  const { connectionString } = database;
  await prepareServer({ connectionString });
  project.provide('database', { connectionString });
  return () => database[Symbol.asyncDispose]();
}
