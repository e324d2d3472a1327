import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { openLog } from '../platform/log.ts';
import { Notices } from '../platform/notices.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { OpenAnswers } from './open-answers.ts';
import { WAITS } from './waits.ts';

it('of the answers that one address does not take there are only some: the oldest goes first', () => {
  const clock = new FakeClock(0);
  let cut = 0;
  const answers = new OpenAnswers(clock, new Notices(openLog('silent', false), clock, () => cut++));
  const add = (address: string): Socket => {
    const request = new IncomingMessage(new Socket());
    answers.add(address, new ServerResponse(request), 1);
    return request.socket;
  };
  const others = add('192.0.2.2');
  const some = Array.from({ length: 40 }, () => add('192.0.2.1'));
  // However many there are at once: callers are given the time to take them.
  clock.advance(999);
  expect(cut).toBe(0);
  clock.advance(1);
  expect(some.map(({ destroyed }) => destroyed)).toEqual(some.map((_, index) => index < 8));
  expect([cut, others.destroyed]).toEqual([8, false]);
});

it('a calendar that is set, forward or back, neither cuts off who takes an answer nor keeps who does not', () => {
  const time = new FakeClock(0);
  let leap = 0;
  const clock = { now: () => time.now() + leap, elapsed: () => time.elapsed(), setTimeout: time.setTimeout.bind(time) };
  let cut = 0;
  const answers = new OpenAnswers(clock, new Notices(openLog('silent', false), clock, () => cut++));
  answers.add('192.0.2.1', new ServerResponse(new IncomingMessage(new Socket())), 1);
  leap = 13 * 3_600_000;
  time.advance(WAITS.answer - 1);
  expect(cut).toBe(0);
  leap = -leap;
  time.advance(1_000);
  expect(cut).toBe(1);
});
