import { expect, it } from 'vitest';
import type { Failure } from '../../platform/failure.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { SlowLane, type LaneSeat } from './slow-lane.ts';

/** A lane, what was done in it in order, and bots that have shown how slow they are. */
async function slowLane(...slow: string[]) {
  const clock = new FakeClock(0);
  const lane = new SlowLane(clock);
  const done: string[] = [];
  const seats = new Map<string, LaneSeat>();
  const seatOf = (bot: string, company: number): LaneSeat => {
    const seat = seats.get(bot) ?? lane.seat(company, bot);
    seats.set(bot, seat);
    return seat;
  };
  const turn = async (bot: string, name = bot, took = 0, company = 1): Promise<void> => {
    const seat = seatOf(bot, company);
    return lane.turn(seat, () => {
      clock.advance(took);
      done.push(name);
    });
  };
  for (const bot of slow) {
    await turn(bot, 'shown', 20);
    clock.advance(1_000);
  }
  done.length = 0;
  const pass = async (milliseconds: number): Promise<string[]> => {
    clock.advance(milliseconds);
    await new Promise(setImmediate);
    return done.splice(0);
  };
  return { lane, turn, pass, seats, seatOf };
}

it('turns of a slow bot are had one at a time with a rest behind each, and nobody else waits for them', async () => {
  const { turn, pass } = await slowLane('slow');
  const all = [turn('slow', 'first', 20), turn('slow', 'second', 20), turn('slow', 'third', 20), turn('quick')];
  expect((await pass(0)).toSorted()).toEqual(['first', 'quick']);
  expect(await pass(59)).toEqual([]);
  expect(await pass(1)).toEqual(['second']);
  expect(await pass(60)).toEqual(['third']);
  await Promise.all(all);
});

it('slow bots take turns, however many of one wait', async () => {
  const { turn, pass } = await slowLane('a', 'b');
  for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) void turn(name.charAt(0), name, 20);
  const order: string[] = [];
  while (order.length < 5) order.push(...(await pass(60)));
  expect(order).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
});

it('a bot is slow by its mean: one long turn is none, and quick ones take it out of the lane', async () => {
  const { turn, pass } = await slowLane();
  void turn('bot', 'once', 9);
  expect(await pass(0)).toEqual(['once']);
  for (const name of ['1', '2']) void turn('bot', name);
  expect(await pass(0)).toEqual(['1', '2']);
  void turn('bot', 'slow', 20);
  for (let time = 0; time < 6; time++) {
    void turn('bot', 'quick');
    await pass(60);
  }
  for (const name of ['1', '2']) void turn('bot', name);
  expect(await pass(0)).toEqual(['1', '2']);
});

it('a turn that throws leaves the lane to the next', async () => {
  const { lane, turn, pass, seatOf } = await slowLane('slow');
  const thrown = lane.turn(seatOf('slow', 1), () => {
    throw new Error('no');
  });
  const waiting = turn('slow');
  await expect(thrown).rejects.toThrow('no');
  expect(await pass(1)).toEqual(['slow']);
  await waiting;
});

it('one turn too many of a company finds no room, and one that waits too long; those of others do not wait for that', async () => {
  const { turn, pass } = await slowLane('slow', 'slow too');
  await turn('other', 'shown', 20, 2);
  await pass(0);
  const failures: unknown[] = [];
  const all = Array.from({ length: 40 }, (_, index) =>
    turn(index % 2 === 0 ? 'slow' : 'slow too', 'slow', 200).catch((error: unknown) => failures.push(error)),
  );
  await pass(0);
  expect(failures.length).toBe(7);
  const other = turn('other', 'other', 20, 2);
  while (!(await pass(100)).includes('other'));
  await other;
  for (let time = 0; time < 60; time++) await pass(100);
  await Promise.all(all);
  expect(failures.length).toBeGreaterThan(7);
  for (const failure of failures) expect(failure).toMatchObject({ code: 'no-room' } satisfies Partial<Failure>);
});

it('companies take turns, however many slow bots one has', async () => {
  const many = Array.from({ length: 30 }, (_, index) => `slow ${index}`);
  const { turn, pass } = await slowLane(...many);
  await turn('other', 'shown', 20, 2);
  await pass(0);
  for (const bot of many) void turn(bot, bot, 20);
  void turn('other', 'other', 20, 2);
  const order: string[] = [];
  while (order.length < 4) order.push(...(await pass(60)));
  expect(order).toEqual(['slow 0', 'slow 1', 'other', 'slow 2']);
});

it('a slow bot that is loaded anew is slow', async () => {
  const { turn, pass, seats } = await slowLane('slow');
  seats.clear();
  for (const name of ['first', 'second']) void turn('slow', name, 20);
  expect(await pass(0)).toEqual(['first']);
});

it('many bots of one company have slow first turns in the lane, where those outside took too long', async () => {
  const { turn, pass } = await slowLane();
  for (let time = 0; time < 20; time++) void turn('known', 'known');
  await pass(0);
  const all = Promise.allSettled(Array.from({ length: 30 }, (_, bot) => turn(`slow ${bot}`, 'slow', 20)));
  void turn('known', 'known');
  void turn('other', 'other', 0, 2);
  const outside = await pass(0);
  expect(outside.filter((name) => name === 'slow').length).toBeLessThan(13);
  expect(outside).toEqual(expect.arrayContaining(['known', 'other']));
  for (let time = 0; time < 60; time++) await pass(100);
  await all;
  for (const bot of ['new', 'newer']) void turn(bot, bot, 20);
  expect(await pass(0)).toEqual(['new', 'newer']);
});
