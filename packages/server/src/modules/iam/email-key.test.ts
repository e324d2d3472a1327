import { expect, it } from 'vitest';
import { emailKey } from './email-key.ts';

it.each([
  ['Olga@Example.test', 'olga@example.test'],
  ['ÜNAL@test', 'U\u0308nal@test'],
  ['straße@test', 'STRASSE@test'],
  ['ΝΙΚΟΣ@test', 'νικος@test'],
  ['İpek@test', 'I\u0307pek@test'],
  ['ｏｌｇａ@test', 'olga@test'],
])('%s and %s are one address', (one, other) => {
  expect(emailKey(one)).toBe(emailKey(other));
  expect(emailKey(emailKey(one))).toBe(emailKey(one));
});

it('addresses that differ stay apart', () => {
  expect(new Set(['a@test', 'á@test', 'a@test2', 'а@test'].map(emailKey)).size).toBe(4);
});
