import { expect, it } from 'vitest';
import { LookAgain, lookingAgain } from './keep-client.ts';

it('whoever is overtaken again and again is told to repeat the call, after a bound of looks', async () => {
  let looks = 0;
  const overtaken = lookingAgain(() => {
    looks++;
    throw new LookAgain();
  });
  await expect(overtaken).rejects.toMatchObject({
    code: 'no-room',
    status: 503,
    headers: { 'retry-after': '2' },
  });
  expect(looks).toBe(8);
});

it('whoever is overtaken once looks again, and what failed otherwise fails at once', async () => {
  let looks = 0;
  const work = (): Promise<number> => (++looks === 1 ? Promise.reject(new LookAgain()) : Promise.resolve(looks));
  expect(await lookingAgain(work)).toBe(2);
  await expect(lookingAgain(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});
