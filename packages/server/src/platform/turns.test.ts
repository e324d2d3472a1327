import { expect, it } from 'vitest';
import { inTurns } from './turns.ts';

function* busy(steps: number, did: () => void): Generator<undefined, string> {
  for (let step = 0; step < steps; step++) {
    const end = performance.now() + 4;
    while (performance.now() < end);
    did();
    yield;
  }
  return 'done';
}

it('long work leaves turns to others, one piece of it at a time however many there are', async () => {
  let done = 0;
  const most: number[] = [];
  let working = true;
  const look = (): void => {
    most.push(done);
    done = 0;
    if (working) setImmediate(look);
  };
  const all = Promise.all(Array.from({ length: 3 }, () => inTurns(busy(4, () => done++))));
  // What begins at once has its first piece at once.
  done = 0;
  look();
  expect(await all).toEqual(['done', 'done', 'done']);
  working = false;
  expect(Math.max(...most)).toBe(1);
});

it('what fails in a step fails', async () => {
  const fails = function* (): Generator<undefined, string> {
    yield;
    throw new Error('no');
  };
  await expect(inTurns(fails())).rejects.toThrow('no');
});
