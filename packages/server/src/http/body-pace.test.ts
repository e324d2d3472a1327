import { expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { BodyPace } from './body-pace.ts';

const KIB = 1024;

/** A pace, and which of the bodies that wait were read. */
function paced(clock = new FakeClock(1_000_000)) {
  const pace = new BodyPace(clock);
  const read: string[] = [];
  const take = (address: string, bytes: number, name = address): boolean => {
    const turn = pace.take(address, bytes);
    void turn?.then(() => read.push(name));
    return turn === undefined;
  };
  const pass = async (milliseconds: number): Promise<string[]> => {
    clock.advance(milliseconds);
    await new Promise(setImmediate);
    return read.splice(0);
  };
  return { take, pass };
}

it('long bodies of an address are read some at once and then at a pace; short ones and those of others as they come', async () => {
  const { take, pass } = paced();
  for (let body = 0; body < 5; body++) expect(take('192.0.2.1', 64 * KIB)).toBe(true);
  expect(take('192.0.2.1', 64 * KIB, 'first')).toBe(false);
  expect(take('192.0.2.1', 32 * KIB, 'second')).toBe(false);
  expect(take('192.0.2.1', 8 * KIB)).toBe(true);
  expect(take('192.0.2.2', 64 * KIB)).toBe(true);
  expect(await pass(999)).toEqual([]);
  expect(await pass(1)).toEqual(['first']);
  expect(await pass(1_000)).toEqual(['second']);
  expect(await pass(60_000)).toEqual([]);
  expect(take('192.0.2.1', 256 * KIB)).toBe(true);
});

it('a body whose turn is too far off is refused and counts for nothing, and all of a network are one', () => {
  const { take } = paced();
  for (let body = 0; body < 8; body++) take(`2001:db8::${body}`, 64 * KIB);
  for (let time = 0; time < 3; time++) expect(() => take('2001:db8::a', 9 * KIB)).toThrow('Too many');
});
