/** Operators: groups of them, their status, and who of them gets a session. */
export { operatorRoutes } from './routes.ts';
export { Operators } from './service.ts';
