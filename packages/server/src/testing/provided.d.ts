import type { DatabaseConnection } from '../platform/database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The database server of the project; tests make databases of their own on it. */
    database: DatabaseConnection;
  }
}
