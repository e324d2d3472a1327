import type { TestProject } from 'vitest/node';
import { ExternalDatabase } from './external-database.ts';

/** Starts somebody else's server once for all files; each file has databases of its own on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const database = await ExternalDatabase.open();
  project.provide('database', { connectionString: database.connectionString });
  return () => database[Symbol.asyncDispose]();
}
