/** Bots: scenarios that answer clients. */
export { demoBots } from './demo/index.ts';
export { botRoutes } from './routes.ts';
export { Bots } from './service.ts';
