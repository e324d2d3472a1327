import { setImmediate as nextTurn, setTimeout as rest } from 'node:timers/promises';

/** How long a piece of work goes on before others have their turn, and what they have for themselves then, milliseconds. */
const TURN_MS = 3;
const REST_MS = 5;

/** The turns that are given: one after another, however many pieces of work wait for theirs. */
let line: Promise<unknown> = Promise.resolve();

/** A turn of one's own, for one of many that would otherwise go on in the same instant. */
export function ownTurn(comes: () => Promise<unknown> = nextTurn): Promise<unknown> {
  return (line = line.then(comes));
}

/** Goes through the steps of long work to their end, with turns for everybody else in between. */
export async function inTurns<T>(steps: Iterator<unknown, T>): Promise<T> {
  let began = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < TURN_MS) continue;
    await ownTurn(() => rest(REST_MS));
    began = performance.now();
  }
}
