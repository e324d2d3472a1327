import { operations } from '@molva/contract';
import { expect, it } from 'vitest';
import { done, route } from '../platform/route.ts';
import { slashesTaken } from './slashes.ts';

const taken = slashesTaken([route(operations.renameSession, async () => done)]);

it.each([
  ['/', '/'],
  ['/?a=//', '/?a=//'],
  ['//', '/'],
  ['/api/v1/chats', '/api/v1/chats'],
  ['/api/v1/chats/', '/api/v1/chats'],
  ['/api/v1//chats/?q=a//b/', '/api/v1/chats?q=a//b/'],
  ['//api/v1/chats//1', '/api/v1/chats/1'],
  ['http://molva.example//chats/', 'http://molva.example//chats/'],
  ['*', '*'],
  ['/api/v1//sessions/1/names/a//b/', '/api/v1/sessions/1/names/a//b/'],
  ['/api/v1/sessions/1/names//', '/api/v1/sessions/1/names//'],
])('%s is %s', (url, path) => {
  expect(taken(url)).toBe(path);
});
