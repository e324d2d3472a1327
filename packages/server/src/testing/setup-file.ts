import { afterAll } from 'vitest';
import { running } from './running.ts';

/** A file that leaves an application behind fails; the next one in the same process has nothing to do with it. */
afterAll(() => {
  const left = [...running];
  running.clear();
  if (left.length > 0) throw new Error(`left running: ${left.join(', ')}`);
});
