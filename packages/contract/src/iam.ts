import { Type, type Static } from 'typebox';
import { Nullable, OneOf } from './primitives.ts';

const Ttl = Type.Integer({ minimum: 60, maximum: 2_592_000, description: 'seconds' });

/** Life of a token where the login names none, seconds: one week. */
export const DEFAULT_TOKEN_TTL = 604_800;

/** Body of a login. */
export const LoginBody = Type.Object({
  email: Type.String({ minLength: 1, maxLength: 320 }),
  password: Type.String({ minLength: 1, maxLength: 1024 }),
  ttl: Type.Optional(Ttl),
  companyId: Type.Optional(Nullable(Type.Integer())),
  extra: Type.Optional(Type.Unknown()),
});
export type LoginBody = Static<typeof LoginBody>;

/** Body of a refresh; the old token travels in the `Authorization` header, bare or as a bearer. */
export const RefreshBody = Type.Object({
  refreshToken: Type.String({ minLength: 1, maxLength: 512 }),
  ttl: Type.Optional(Ttl),
});
export type RefreshBody = Static<typeof RefreshBody>;

/** Answer of login and refresh. */
export const TokenPair = Type.Object({ token: Type.String(), refreshToken: Type.String() });
export type TokenPair = Static<typeof TokenPair>;

/** What a user may do. */
export const Role = OneOf(['ADMIN', 'SUPERVISOR', 'OPERATOR', 'API'] as const);
export type Role = Static<typeof Role>;

/** The user behind a token. */
export const User = Type.Object({
  id: Type.Integer(),
  companyId: Type.Integer(),
  firstName: Type.String(),
  lastName: Type.String(),
  middleName: Type.String(),
  email: Type.String(),
  phone: Nullable(Type.String()),
  roles: Type.Array(Type.Object({ name: Role, company_id: Nullable(Type.Integer()) })),
  settings: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  avatar: Type.Null(),
});
export type User = Static<typeof User>;
