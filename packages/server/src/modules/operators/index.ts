/** Operators: groups of them, where each stands, and who of them gets a session. */
export { registerDepartures } from './departures.ts';
export { operatorRoutes } from './routes.ts';
export { Routing } from './routing/routing.ts';
export { Operators } from './service.ts';
