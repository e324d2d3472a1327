import { Type } from 'typebox';
import { LoginBody, RefreshBody, TokenPair, User } from '../iam.ts';
import { defineOperation } from '../operation.ts';
import { DateTime } from '../primitives.ts';

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
  errors: ['wrong-credentials', 'too-many-requests'],
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

/** The user behind the token. */
export const getMe = defineOperation({
  id: 'getMe',
  service: 'iam',
  method: 'GET',
  path: '/users/me',
  tag: 'Identity',
  summary: 'Read the current user',
  access: 'user',
  answers: { 200: User },
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
