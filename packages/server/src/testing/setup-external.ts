import type { TestProject } from 'vitest/node';
import { ExternalPostgres } from './external-postgres.ts';

/** Starts a server that is somebody else's once for all files; each file has databases of its own on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await ExternalPostgres.start();
  project.provide('database', { connectionString: postgres.connectionString });
  return () => postgres[Symbol.asyncDispose]();
}
