import { hash } from '@node-rs/argon2';
import { expect, it } from 'vitest';
import { isOutdated, Passwords } from './passwords.ts';

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
  const flood = Array.from({ length: 300 }, () => passwords.check(work).catch((error: unknown) => error));
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
  await expect(passwords.check(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(await passwords.check(async () => 'done')).toBe('done');
});
