/** Users, companies, tokens and keys: who calls, and what they may do. */
export { withAudit } from './audit.ts';
export { personName } from './person-name.ts';
export { answeringRoles, canAnswer } from './roles.ts';
export { resetPassword } from './reset-password.ts';
export { iamRoutes } from './routes.ts';
export { Iam, type FirstAdmin } from './service.ts';
export { isUserToken } from './token-form.ts';
export { Tokens } from './tokens.ts';
export type { SeatedUser, SeatKeeper } from './users.ts';
