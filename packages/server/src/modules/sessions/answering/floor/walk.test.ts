import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visited } from '../../../../testing/floor/interpreter.ts';
import { walk } from '../../../../testing/floor/walk.ts';

/** Walks of a run; MOLVA_TEST_FUZZ_RUNS multiplies them, and makes them other ones each time. */
const RUNS = 1_000;
const multiplier = Number(process.env['MOLVA_TEST_FUZZ_RUNS'] ?? 1);
const seed = process.env['MOLVA_TEST_FUZZ_RUNS'] === undefined ? { seed: 20_260_129 } : {};
const MILLISECONDS_A_RUN = 60_000;

const move = fc.tuple(fc.nat(10_000), fc.nat(2 ** 31));
const moves = fc.array(move, { minLength: 10, maxLength: 80, size: 'max' });

describe('random walks on two nodes, with crashes, repeats and late answers', () => {
  it.each(['alone', 'served', 'back'] as const)(
    'I1–I15 hold, and in the end: %s',
    (ending) => {
      fc.assert(
        fc.property(fc.nat(2 ** 31), moves, (start, way) => {
          walk(start, way, ending);
        }),
        { numRuns: RUNS * multiplier, ...seed },
      );
    },
    multiplier * MILLISECONDS_A_RUN,
  );

  it('they come by every event, and by most of them in every state', () => {
    expect(new Set([...visited.keys()].map((cell) => cell.split(' ')[0])).size).toBe(30);
    expect(visited.size).toBeGreaterThan(130);
    const events = [...visited.values()].reduce((sum, count) => sum + count, 0);
    process.stdout.write(`walked through ${visited.size} cells of the table by ${events} events\n`);
  });
});
