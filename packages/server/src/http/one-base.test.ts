import { expect, it } from 'vitest';
import { underOneBase } from './one-base.ts';

it.each([
  ['/api/v1/chats', '/api/v1/chats'],
  ['/api/chats/v1/chats?q=1', '/api/v1/chats?q=1'],
  ['/api/bot/v1/', '/api/v1/'],
  ['/api/iam/v1/openapi.json', '/api/v1/openapi.json'],
  ['/api/iam/v1', '/api/iam/v1'],
  ['/api/iam/v10/users', '/api/iam/v10/users'],
  ['/api/other/v1/users', '/api/other/v1/users'],
  ['/demo.json?at=/api/iam/v1/', '/demo.json?at=/api/iam/v1/'],
])('%s is %s', (url, one) => {
  expect(underOneBase(url)).toBe(one);
});
