/** Users, companies and tokens: who calls, and what they may do. */
export { iamRoutes } from './routes.ts';
export { Iam, type FirstAdmin } from './service.ts';
export { Tokens } from './tokens.ts';
