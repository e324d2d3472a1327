/** Users, companies, tokens and keys: who calls, and what they may do. */
export { withAudit } from './audit.ts';
export { answeringRoles } from './roles.ts';
export { iamRoutes } from './routes.ts';
export { Iam, type FirstAdmin } from './service.ts';
export { Tokens } from './tokens.ts';
