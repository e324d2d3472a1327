import { expect, it } from 'vitest';
import type { ConnectedClient } from './decisions.ts';
import { Joins } from './joins.ts';

const by: ConnectedClient = {
  client: 'connection',
  user: '',
  meta: { address: '', tokens: {}, audiences: [], sessions: [] },
};

function open(): { done: string[]; joins: Joins } {
  const done: string[] = [];
  const channels = {
    give: async (_client: string, id: string) => void done.push(`gave ${id}`),
    take: async (_client: string, id: string) => void done.push(`took ${id}`),
  };
  return { done, joins: new Joins(channels) };
}

it('a join that fails gives its place and its token back', async () => {
  const { done, joins } = open();
  const joining = joins.during(by, { id: 'a', token: 't' }, () => Promise.reject(new Error('cut')));
  await expect(joining).rejects.toThrow('cut');
  expect([done, joins.tokenOf(by.meta, 'a')]).toEqual([['gave a', 'took a'], null]);
});

it('a leave gives the place, the token and the channel back; a second one has nothing to give', async () => {
  const { done, joins } = open();
  await joins.during(by, { id: 'a', token: 't' }, async () => void done.push('joined'));
  expect(joins.tokenOf(by.meta, 'A')).toBe('t');
  for (const _ of [0, 1]) await joins.leaving(by, 'a', () => void done.push('left'));
  expect([done, joins.tokenOf(by.meta, 'a')]).toEqual([['gave a', 'joined', 'left', 'took a', 'left'], null]);
});
