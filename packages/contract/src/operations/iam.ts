import { Type } from 'typebox';
import {
  ChangePasswordBody,
  CreatedInteger,
  CreateUserBody,
  CurrentUser,
  KeySet,
  LoginBody,
  LogoutBody,
  RefreshBody,
  Settings,
  SettingsChange,
  SettingValues,
  TokenPair,
  UpdateUserBody,
  User,
  UserListItem,
} from '../iam.ts';
import { DetailOf, ListOf, listQuery } from '../lists.ts';
import { defineOperation } from '../operation.ts';
import { DateTime, Empty, IntegerId } from '../primitives.ts';

const ofUser = Type.Object({ userId: IntegerId });
const keys = Type.Object({
  keys: Type.Optional(
    Type.Array(Type.String({ maxLength: 128 }), { maxItems: 200, description: 'names of the settings to answer' }),
  ),
});

/** E-mail and password for a token. */
export const login = defineOperation({
  id: 'login',
  service: 'iam',
  method: 'POST',
  path: '/auth/login',
  tag: 'Identity',
  summary: 'Log in',
  access: 'credentials',
  body: LoginBody,
  answers: { 200: TokenPair },
  errors: ['wrong-credentials'],
  example: { email: 'admin@localhost', password: 'the printed password', ttl: 3600 },
});

/** A refresh token for the next pair. */
export const refresh = defineOperation({
  id: 'refresh',
  service: 'iam',
  method: 'POST',
  path: '/auth/refresh',
  tag: 'Identity',
  summary: 'Renew a token',
  access: 'credentials',
  body: RefreshBody,
  answers: { 200: TokenPair },
  errors: ['refresh-refused'],
  example: { refreshToken: 'the refresh token of the login', ttl: 3600 },
});

/** Ends a login: none of its tokens is good any more. */
export const logout = defineOperation({
  id: 'logout',
  service: 'iam',
  method: 'POST',
  path: '/auth/logout',
  tag: 'Identity',
  summary: 'End a login with its tokens; ending one that is not there changes nothing',
  access: 'credentials',
  body: LogoutBody,
  answers: { 204: Empty },
  example: { refreshToken: 'the refresh token of the login' },
});

/** What tokens can be checked with. */
export const getKeys = defineOperation({
  id: 'getKeys',
  service: 'iam',
  method: 'GET',
  path: '/auth/keys',
  tag: 'Identity',
  summary: 'Read the public keys that tokens are signed with',
  access: 'credentials',
  answers: { 200: KeySet },
});

/** The user behind the token. */
export const getMe = defineOperation({
  id: 'getMe',
  service: 'iam',
  method: 'GET',
  path: '/users/me',
  tag: 'Identity',
  summary: 'Read the current user',
  access: 'user',
  answers: { 200: CurrentUser },
});

/** Another password for oneself. */
export const changePassword = defineOperation({
  id: 'changePassword',
  service: 'iam',
  method: 'PUT',
  path: '/users/me/password',
  tag: 'Identity',
  summary: 'Change the own password; every login of the user ends, this one too',
  access: 'user',
  body: ChangePasswordBody,
  answers: { 204: Empty },
  errors: ['wrong-credentials'],
  example: { currentPassword: 'the printed password', newPassword: 'a better one' },
});

/** The users of the caller's company, and of those that depend on it. */
export const listUsers = defineOperation({
  id: 'listUsers',
  service: 'iam',
  method: 'GET',
  path: '/users',
  tag: 'Users',
  summary: 'List users',
  access: 'user',
  query: Type.Object({
    ...listQuery,
    companyId: Type.Optional(IntegerId),
    userId: Type.Optional(Type.Array(IntegerId, { maxItems: 1000 })),
    roles: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 20 })),
    online: Type.Optional(Type.Boolean()),
  }),
  answers: { 200: ListOf(UserListItem) },
});

/** One user. */
export const getUser = defineOperation({
  id: 'getUser',
  service: 'iam',
  method: 'GET',
  path: '/users/{userId}',
  tag: 'Users',
  summary: 'Read a user',
  access: 'user',
  params: ofUser,
  query: Type.Object({ fields: listQuery.fields }),
  answers: { 200: DetailOf(User) },
  errors: ['entity-not-found'],
});

/** A new user of the company. */
export const createUser = defineOperation({
  id: 'createUser',
  service: 'iam',
  method: 'POST',
  path: '/users',
  tag: 'Users',
  summary: 'Create a user',
  access: 'admin',
  body: CreateUserBody,
  answers: { 201: CreatedInteger },
  errors: ['email-taken', 'cap-reached'],
  example: { email: 'olga@example.com', password: 'correct horse battery', roles: ['OPERATOR'], firstName: 'Olga' },
});

/** Changes a user of the company. */
export const updateUser = defineOperation({
  id: 'updateUser',
  service: 'iam',
  method: 'PATCH',
  path: '/users/{userId}',
  tag: 'Users',
  summary: 'Change a user: names, roles, password, block',
  access: 'admin',
  params: ofUser,
  body: UpdateUserBody,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'email-taken', 'last-administrator'],
  example: { roles: ['OPERATOR', 'SUPERVISOR'] },
});

/** Settings every user has, with their defaults. */
export const getSettingDefinitions = defineOperation({
  id: 'getSettingDefinitions',
  service: 'iam',
  method: 'GET',
  path: '/users/settings',
  tag: 'Settings',
  summary: 'Read the settings users have, with their defaults',
  access: 'user',
  answers: { 200: SettingValues },
});

/** The caller's settings. */
export const getMySettings = defineOperation({
  id: 'getMySettings',
  service: 'iam',
  method: 'GET',
  path: '/users/me/settings',
  tag: 'Settings',
  summary: 'Read the own settings',
  access: 'user',
  query: keys,
  answers: { 200: Settings },
});

/** Changes the caller's settings. */
export const setMySettings = defineOperation({
  id: 'setMySettings',
  service: 'iam',
  method: 'PATCH',
  path: '/users/me/settings',
  tag: 'Settings',
  summary: 'Change the own settings; null removes one',
  access: 'user',
  body: SettingsChange,
  answers: { 204: Empty },
  errors: ['data-too-large'],
  example: { settings: { 'console.sound': false } },
});

/** A user's settings. */
export const getUserSettings = defineOperation({
  id: 'getUserSettings',
  service: 'iam',
  method: 'GET',
  path: '/users/{userId}/settings',
  tag: 'Settings',
  summary: 'Read the settings of a user: your own, or as an administrator those of anybody',
  access: 'user',
  params: ofUser,
  query: keys,
  answers: { 200: Settings },
  errors: ['entity-not-found', 'permission-denied'],
});

/** Changes a user's settings. */
export const setUserSettings = defineOperation({
  id: 'setUserSettings',
  service: 'iam',
  method: 'PATCH',
  path: '/users/{userId}/settings',
  tag: 'Settings',
  summary: 'Change the settings of a user; null removes one',
  access: 'admin',
  params: ofUser,
  body: SettingsChange,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'data-too-large'],
  example: { settings: { 'console.sound': false } },
});

/** The server's clock. */
export const getTimestamp = defineOperation({
  id: 'getTimestamp',
  service: 'chats',
  method: 'GET',
  path: '/timestamp',
  tag: 'Service',
  summary: "Read the server's time",
  access: 'open',
  answers: { 200: Type.Object({ timestamp: Type.Integer({ description: 'seconds' }), now: DateTime }) },
});
