/** The database server Molva keeps for itself, or the one it was given. */
export { openDatabaseServer, type DatabaseServer } from './server.ts';
