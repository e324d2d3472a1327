import { hash } from '@node-rs/argon2';
import { expect, it } from 'vitest';
import { isOutdated, Passwords, type Standing } from './passwords.ts';

it('hashes are argon2id at the parameters OWASP advises, and others are known as outdated', async () => {
  const made = await new Passwords().hash('correct horse battery');
  expect(made).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(isOutdated(made)).toBe(false);
  expect(isOutdated(await hash('x', { memoryCost: 1024, timeCost: 1 }))).toBe(true);
});

it('a flood of logins is worked on two at a time, and refused where hundreds wait', async () => {
  const passwords = new Passwords();
  const gate = Promise.withResolvers<void>();
  let working = 0;
  let most = 0;
  const work = async (): Promise<string> => {
    most = Math.max(most, ++working);
    await gate.promise;
    working -= 1;
    return 'done';
  };
  const flood = Array.from({ length: 300 }, () => passwords.check('known', work).catch((error: unknown) => error));
  await Promise.resolve();
  expect(working).toBe(2);
  gate.resolve();
  const ends = await Promise.all(flood);
  expect(ends.filter((end) => end === 'done')).toHaveLength(258);
  expect(ends.filter((end) => end !== 'done')).toMatchObject(
    Array.from({ length: 42 }, () => ({ code: 'too-many-requests' })),
  );
  expect(most).toBe(2);
  // One that fails leaves its place as well.
  await expect(passwords.check('clean', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(await passwords.check('failing', async () => 'done')).toBe('done');
});

it('those who fail leave places to those who do not, come behind them, and are not forgotten', async () => {
  const passwords = new Passwords();
  const gate = Promise.withResolvers<void>();
  const order: string[] = [];
  const come = (standing: Standing, times: number) =>
    Array.from({ length: times }, () =>
      passwords
        .check(standing, async () => {
          await gate.promise;
          order.push(standing);
        })
        .catch((error: { code: string }) => error.code),
    );
  const calls = [...come('failing', 200), ...come('clean', 100), ...come('known', 100), ...come('failing', 1)];
  gate.resolve();
  const refused = (await Promise.all(calls)).filter((outcome) => outcome === 'too-many-requests');
  expect(refused).toHaveLength(401 - 2 - 256);
  const count = (standing: string, of = order) => of.filter((one) => one === standing).length;
  expect([count('failing'), count('clean'), count('known')]).toEqual([130, 64, 64]);
  const first = order.slice(0, 40);
  expect(count('known', first)).toBeGreaterThan(20);
  expect(count('failing', first.slice(2))).toBeGreaterThan(5);
  expect(count('clean', first)).toBe(0);
});
