import { expect, it, vi } from 'vitest';
import { Announcer } from '../../../platform/announcer.ts';
import { openLog } from '../../../platform/log.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import type { Floor } from '../state/floor.ts';
import type { HotSession } from '../state/session.ts';
import { TurnWaiter } from './turn-waiter.ts';

const asking = { at: 'bot', phase: { is: 'asking' } } as unknown as Floor;
const waiting = { at: 'bot', phase: { is: 'waiting', deadline: null } } as unknown as Floor;

it('what happens in a session wakes those who wait in it, and is heard by nobody else', async () => {
  const announcer = new Announcer(openLog('silent', false));
  const listen = vi.spyOn(announcer, 'listen');
  const floors = new Map(Array.from({ length: 50 }, (_, index) => [`s${index}`, asking]));
  const get = vi.fn((id: string) => Promise.resolve({ floor: floors.get(id) } as HotSession));
  const waiter = new TurnWaiter(announcer, new FakeClock(0), { get }, new AbortController().signal);
  const settled: string[] = [];
  const all = [...floors.keys(), 's7'].map((id) => waiter.settled(id).then(() => settled.push(id)));
  await expect.poll(() => get.mock.calls.length).toBe(51);

  floors.set('s7', waiting);
  announcer.committed('s7', []);
  await expect.poll(() => settled).toEqual(['s7', 's7']);
  expect(get.mock.calls.slice(51)).toEqual([['s7'], ['s7']]);
  expect(listen).toHaveBeenCalledTimes(1);
  expect([waiter.waitsFor('s7'), waiter.waitsFor('s8')]).toEqual([false, true]);

  for (const id of floors.keys()) floors.set(id, waiting);
  for (const id of floors.keys()) announcer.reached(id, 1);
  await Promise.all(all);
});

it('whoever comes after the stop began waits for nobody', async () => {
  const [announcer, stopping] = [new Announcer(openLog('silent', false)), new AbortController()];
  const get = () => Promise.resolve({ floor: asking } as HotSession);
  const waiter = new TurnWaiter(announcer, new FakeClock(0), { get }, stopping.signal);
  stopping.abort();
  await waiter.settled('s1');
  expect(waiter.waitsFor('s1')).toBe(false);
});
