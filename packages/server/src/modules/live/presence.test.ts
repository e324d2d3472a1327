import type { RpcName } from '@molva/contract';
import { expect, it } from 'vitest';
import { openLog } from '../../platform/log.ts';
import { Presence } from './presence.ts';

function gate(joined: Promise<void>): { told: string[]; presence: Presence } {
  const told: string[] = [];
  const open = {
    async call(method: RpcName, { id }: { id: string }) {
      told.push(`${method} ${id}`);
      if (method === 'joinSession') await joined;
    },
  };
  return { told, presence: new Presence(open, openLog('silent', false)) };
}

it('a connection that ends while it joins is told to have left', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { told, presence } = gate(promise);
  // The cut may come before the session is entered, or while the join is written.
  const entering = Promise.withResolvers<void>();
  const joining = presence.during('connection', async () => {
    await entering.promise;
    await presence.join('connection', 'session');
  });
  presence.disconnected('connection');
  entering.resolve();
  resolve();
  await joining;
  await presence.settled();
  expect(told).toEqual(['joinSession session', 'leaveSession session']);
});

it('joining again is not told again', async () => {
  const { told, presence } = gate(Promise.resolve());
  await presence.join('connection', 'session');
  await presence.join('connection', 'session');
  expect(told).toEqual(['joinSession session']);
});
