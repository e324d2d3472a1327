import { expect, it } from 'vitest';
import type { ConnectedClient } from './decisions.ts';
import { Joins } from './joins.ts';

const by: ConnectedClient = {
  client: 'connection',
  user: '',
  meta: { address: '', tokens: {}, audiences: [], sessions: [] },
};

function open(): { done: string[]; joins: Joins; give: PromiseWithResolvers<void> } {
  const done: string[] = [];
  const give = Promise.withResolvers<void>();
  const joins = new Joins({
    give: (_client, id) => give.promise.then(() => void done.push(`gave ${id}`)),
    take: async (_client, id) => void done.push(`took ${id}`),
  });
  return { done, joins, give };
}

it('two joins of a session at once are one, and both hear what it came to', async () => {
  const { done, joins, give } = open();
  const join = async (): Promise<void> => void done.push('joined');
  const both = [0, 1].map(() => joins.during(by, { id: 'a', token: 't' }, join));
  give.resolve();
  await Promise.all(both);
  expect(done).toEqual(['gave a', 'joined']);
  expect(joins.tokenOf(by.meta, 'A')).toBe('t');
});

it('a join that fails fails for both, and gives its place and its token back', async () => {
  const { done, joins, give } = open();
  const both = Promise.allSettled(
    [0, 1].map(() => joins.during(by, { id: 'a', token: 't' }, () => Promise.reject(new Error('cut')))),
  );
  give.resolve();
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect([done, joins.tokenOf(by.meta, 'a')]).toEqual([['gave a', 'took a'], null]);
});

it('a leave while its join is under way comes after it', async () => {
  const { done, joins, give } = open();
  const joining = joins.during(by, { id: 'a', token: null }, async () => void done.push('joined'));
  const leaving = joins.leaving(by, 'a', () => void done.push('left'));
  give.resolve();
  await Promise.all([joining, leaving]);
  expect(done).toEqual(['gave a', 'joined', 'left', 'took a']);
});
