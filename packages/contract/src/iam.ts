import { Type, type Static } from 'typebox';
import { DateTime, Instant, IntegerId, Nullable, OneOf, Uuid } from './primitives.ts';

const Ttl = Type.Integer({ minimum: 60, maximum: 2_592_000, description: 'seconds' });

/** Life of a token where the login names none, seconds: one week. */
export const DEFAULT_TOKEN_TTL = 604_800;

/** Body of a login. */
export const LoginBody = Type.Object({
  email: Type.String({ minLength: 1, maxLength: 320 }),
  password: Type.String({ minLength: 1, maxLength: 1024 }),
  ttl: Type.Optional(Ttl),
  companyId: Type.Optional(Nullable(IntegerId)),
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

/** Body of a logout. */
export const LogoutBody = Type.Object({ refreshToken: Type.String({ minLength: 1, maxLength: 512 }) });
export type LogoutBody = Static<typeof LogoutBody>;

/** The public keys tokens can be checked with, as a JSON Web Key Set (RFC 7517). */
export const KeySet = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: Type.String(),
      kid: Type.String(),
      alg: Type.String(),
      use: Type.String(),
      n: Type.String(),
      e: Type.String(),
    }),
  ),
});
export type KeySet = Static<typeof KeySet>;

/** Where an operator stands: `PAUSE` keeps its sessions and gets no new ones. */
export const OperatorStatus = OneOf(['ONLINE', 'PAUSE', 'OFFLINE'] as const);
export type OperatorStatus = Static<typeof OperatorStatus>;

const SettingValue = Type.Union([Type.String({ maxLength: 8192 }), Type.Number(), Type.Boolean()]);
/** Names of settings: at most eight words of at most 32 characters, with dots. */
const SETTING_NAME = '^[A-Za-z][A-Za-z0-9_-]{0,31}(\\.[A-Za-z0-9_-]{1,32}){0,7}$';

/** Settings by name; no value is null. */
export const SettingValues = Type.Record(Type.String(), SettingValue);
export type SettingValues = Static<typeof SettingValues>;

/** Answer of the settings calls. */
export const Settings = Type.Object({ settings: SettingValues });
export type Settings = Static<typeof Settings>;

/** A change of settings: what is not named stays, null removes. */
export const SettingsChange = Type.Object({
  settings: Type.Record(Type.String({ pattern: SETTING_NAME }), Nullable(SettingValue), {
    maxProperties: 200,
    additionalProperties: false,
  }),
});
export type SettingsChange = Static<typeof SettingsChange>;

const RoleGrant = Type.Object({ name: Role, company_id: Nullable(Type.Integer()) });

const userFields = {
  id: Type.Integer(),
  companyId: Type.Integer(),
  firstName: Type.String(),
  lastName: Type.String(),
  middleName: Type.String(),
  email: Type.String(),
  phone: Nullable(Type.String()),
  roles: Type.Array(RoleGrant),
  settings: SettingValues,
} as const;

/** A user. */
export const User = Type.Object({ ...userFields, avatar: Type.Null(), blockedAt: Nullable(DateTime) });
export type User = Static<typeof User>;

/** The user behind a token: the IAM user and the operator in one. */
export const CurrentUser = Type.Object({
  ...User.properties,
  operatorId: Type.String(),
  operatorName: Type.String(),
  operatorStatus: OperatorStatus,
  online: Type.Boolean(),
  groupIds: Type.Array(Uuid),
});
export type CurrentUser = Static<typeof CurrentUser>;

/** A user in the list. */
export const UserListItem = Type.Object({
  ...userFields,
  companyName: Type.String(),
  blockedAt: Nullable(DateTime),
  online: Type.Boolean(),
  operatorStatus: OperatorStatus,
  resellerId: Nullable(Type.Integer()),
  resellerName: Nullable(Type.String()),
});
export type UserListItem = Static<typeof UserListItem>;

const PersonName = Type.String({ maxLength: 128 });
const Email = Type.String({ maxLength: 320, pattern: '^[^\\s@]+@[^\\s@]+$' });
const Password = Type.String({ minLength: 8, maxLength: 1024 });
const Roles = Type.Array(Role, { minItems: 1, maxItems: 4, uniqueItems: true });
const person = {
  firstName: Type.Optional(PersonName),
  lastName: Type.Optional(PersonName),
  middleName: Type.Optional(PersonName),
  phone: Type.Optional(Nullable(Type.String({ maxLength: 64 }))),
} as const;

/** Body of a user's creation. */
export const CreateUserBody = Type.Object({ email: Email, password: Password, roles: Roles, ...person });
export type CreateUserBody = Static<typeof CreateUserBody>;

/** Body of a user's update: what is not given stays. A blocked user cannot log in, and its tokens end. */
export const UpdateUserBody = Type.Object({
  email: Type.Optional(Email),
  password: Type.Optional(Password),
  roles: Type.Optional(Roles),
  ...person,
  blocked: Type.Optional(Type.Boolean()),
});
export type UpdateUserBody = Static<typeof UpdateUserBody>;

/** Body of a change of one's own password; every login and token of the user ends. */
export const ChangePasswordBody = Type.Object({
  currentPassword: Type.String({ minLength: 1, maxLength: 1024 }),
  newPassword: Password,
});
export type ChangePasswordBody = Static<typeof ChangePasswordBody>;

/** A company. `resellerId` is the company that created it and may see it. */
export const Company = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  resellerId: Nullable(Type.Integer()),
  resellerName: Nullable(Type.String()),
  createdAt: DateTime,
});
export type Company = Static<typeof Company>;

const CompanyName = Type.String({ minLength: 1, maxLength: 255 });

/** Body of a dependent company's creation, with its first administrator. */
export const CreateCompanyBody = Type.Object({
  name: CompanyName,
  admin: Type.Object({ email: Email, password: Password, ...person }),
});
export type CreateCompanyBody = Static<typeof CreateCompanyBody>;

/** Answer of a company's creation. */
export const CompanyCreated = Type.Object({ id: Type.Integer(), adminId: Type.Integer() });
export type CompanyCreated = Static<typeof CompanyCreated>;

/** Body of a company's update. */
export const UpdateCompanyBody = Type.Object({ name: CompanyName });
export type UpdateCompanyBody = Static<typeof UpdateCompanyBody>;

/** An answer that names what was created by an integer. */
export const CreatedInteger = Type.Object({ id: Type.Integer() });
export type CreatedInteger = Static<typeof CreatedInteger>;

/**
 * A key of a back end: it acts as its user with the key's own roles, and ends with either. The key itself is shown once,
 * in the answer of its creation.
 */
export const ApiKey = Type.Object({
  id: Uuid,
  name: Type.String(),
  userId: Type.Integer(),
  roles: Type.Array(Role),
  /** The first characters of the key, to tell it by. */
  prefix: Type.String(),
  createdAt: DateTime,
  expiresAt: Nullable(DateTime),
  lastUsedAt: Nullable(DateTime),
});
export type ApiKey = Static<typeof ApiKey>;

/** Body of a key's creation. The roles are at most those of its user; `userId` is the caller where absent. */
export const CreateApiKeyBody = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 255 }),
  roles: Roles,
  userId: Type.Optional(IntegerId),
  expiresAt: Type.Optional(Nullable(Instant)),
});
export type CreateApiKeyBody = Static<typeof CreateApiKeyBody>;

/** Answer of a key's creation, the one time the key is shown. */
export const ApiKeyCreated = Type.Object({ id: Uuid, key: Type.String() });
export type ApiKeyCreated = Static<typeof ApiKeyCreated>;

/** An administrative change: who did what to what, from where, and how it ended. */
export const AuditEntry = Type.Object({
  id: Uuid,
  createdAt: DateTime,
  userId: Type.Integer(),
  userName: Type.String(),
  apiKeyId: Nullable(Uuid),
  /** The operation by its name in the OpenAPI document. */
  operation: Type.String(),
  /** What the path named. */
  target: Type.Record(Type.String(), Type.String()),
  /** The body without its secrets. */
  body: Type.Unknown(),
  /** HTTP status; null where the process ended before the call did. */
  status: Nullable(Type.Integer()),
  address: Type.String(),
});
export type AuditEntry = Static<typeof AuditEntry>;
