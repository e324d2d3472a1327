import type { RpcName } from '@molva/contract';
import { expect, it } from 'vitest';
import { openLog } from '../../platform/log.ts';
import { Notices } from '../../platform/notices.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Presence } from './presence.ts';

interface Gate {
  readonly joined?: () => Promise<void>;
  readonly left?: () => Promise<void>;
}

function open({ joined, left }: Gate = {}): { told: string[]; presence: Presence; clock: FakeClock } {
  const told: string[] = [];
  const clock = new FakeClock(0);
  const gate = {
    async call(method: RpcName, { id }: { id: string }) {
      const joins = method === 'joinSession';
      told.push(`${joins ? 'joined' : 'left'} ${id}`);
      await (joins ? joined : left)?.();
    },
  };
  const notices = new Notices(openLog('silent', false), clock, () => undefined);
  return { told, clock, presence: new Presence({ gate, clock, notices }) };
}

it('a connection that ends while its join is written is told to have left', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { told, presence } = open({ joined: () => promise });
  const joining = presence.during('connection', () => presence.join('connection', 'session'));
  presence.disconnected('connection');
  resolve();
  await joining;
  await presence.settled();
  expect(told).toEqual(['joined session', 'left session']);
});

it('a connection that ends before it has entered the session never joins it', async () => {
  const { told, presence } = open();
  const entering = Promise.withResolvers<void>();
  const joining = presence.during('connection', async () => {
    await entering.promise;
    await presence.join('connection', 'session');
  });
  presence.disconnected('connection');
  entering.resolve();
  await joining;
  await presence.settled();
  expect([told, presence.isHere('session')]).toEqual([[], false]);
});

it('joining again is not told again', async () => {
  const { told, presence } = open();
  await presence.join('connection', 'session');
  await presence.join('connection', 'session');
  expect(told).toEqual(['joined session']);
});

it('whoever leaves while another joins is not the last', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { told, presence } = open({ joined: () => promise });
  const joins = [presence.join('old', 'session'), presence.join('new', 'session')];
  presence.disconnected('old');
  resolve();
  await Promise.all(joins);
  expect(told).toEqual(['joined session', 'joined session']);
  presence.disconnected('new');
  expect(told.at(-1)).toBe('left session');
});

it('a join that failed leaves nobody behind: whether it was written is not known', async () => {
  const { told, presence } = open({ joined: () => Promise.reject(new Error('cut')) });
  await expect(presence.join('connection', 'session')).rejects.toThrow('cut');
  expect([told, presence.isHere('session')]).toEqual([['joined session', 'left session'], false]);
});

it('a leave that cannot be written is tried again until it is, unless somebody comes back', async () => {
  let broken = true;
  const { told, presence, clock } = open({
    left: () => (broken ? Promise.reject(new Error('away')) : Promise.resolve()),
  });
  for (const session of ['one', 'two']) {
    await presence.join('connection', session);
    presence.leave('connection', session);
    await Promise.resolve();
  }
  // The second waits for the next try of the first.
  expect(told).toEqual(['joined one', 'left one', 'joined two']);
  await presence.join('connection', 'two');
  told.length = 0;
  broken = false;
  clock.advance(1_000);
  await presence.settled();
  expect(told).toEqual(['left one']);
});

it('a crowd that leaves is written a part at a time', async () => {
  const writing = Promise.withResolvers<void>();
  const { told, presence } = open({ left: () => writing.promise });
  for (let session = 0; session < 100; session++) await presence.join('connection', String(session));
  told.length = 0;
  presence.disconnected('connection');
  expect(told).toHaveLength(32);
  writing.resolve();
  await presence.settled();
  expect(told).toHaveLength(100);
});
