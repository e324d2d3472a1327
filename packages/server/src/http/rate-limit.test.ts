import { expect, it } from 'vitest';
import { Failure } from '../platform/failure.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { RateLimits } from './rate-limit.ts';

const user = (id: number, apiKeyId?: string) => ({
  user: { id, companyId: 1, roles: [], ...(apiKeyId === undefined ? {} : { apiKeyId }) },
  address: '192.0.2.1',
});
const stranger = (address: string) => ({ user: null, address });

function refusal(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Failure ? `${error.code} ${error.headers['retry-after']}` : String(error);
  }
}

it('users, keys and addresses are counted by themselves, and begin anew each minute', () => {
  const clock = new FakeClock(120_000 + 45_500);
  const limits = new RateLimits({ user: 2, open: 1, starts: 0 }, clock);
  for (const caller of [user(1), user(2), user(1, 'key')]) {
    limits.count(caller);
    limits.count(caller);
    expect(refusal(() => limits.count(caller))).toBe('too-many-requests 15');
  }
  limits.count(stranger('192.0.2.1'));
  limits.count(stranger('192.0.2.2'));
  expect(refusal(() => limits.count(stranger('192.0.2.1')))).toBe('too-many-requests 15');
  limits.count(stranger('2001:db8::1'));
  expect(refusal(() => limits.count(stranger('2001:db8::2')))).toBe('too-many-requests 15');
  clock.advance(14_499);
  expect(refusal(() => limits.count(user(1)))).toBe('too-many-requests 1');
  clock.advance(1);
  for (const caller of [user(1), stranger('192.0.2.1')]) expect(refusal(() => limits.count(caller))).toBeUndefined();
});

it('0 sets no limit', () => {
  const limits = new RateLimits({ user: 0, open: 0, starts: 0 }, new FakeClock(0));
  for (let call = 0; call < 10_000; call++) limits.count(call % 2 === 0 ? user(1) : stranger('192.0.2.1'));
});

it('a start counts where a session was begun by nobody known, even among many at once', async () => {
  const limits = new RateLimits({ user: 0, open: 0, starts: 2 }, new FakeClock(0));
  const from = stranger('192.0.2.1');
  const gate = Promise.withResolvers<void>();
  const begin = async (status: number) => {
    await gate.promise;
    return { status };
  };
  const some = [201, 201, 201].map((status) => limits.start(from, () => begin(status)).catch((e: unknown) => e));
  gate.resolve();
  expect((await Promise.all(some)).map((end) => (end instanceof Failure ? end.code : 'begun'))).toEqual([
    'begun',
    'begun',
    'too-many-requests',
  ]);
  const other = stranger('192.0.2.2');
  for (let call = 0; call < 5; call++) await limits.start(other, async () => ({ status: 200 }));
  for (let call = 0; call < 5; call++) {
    await expect(limits.start(other, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  }
  for (let call = 0; call < 5; call++) await limits.start(user(1), async () => ({ status: 201 }));
  await limits.start(other, async () => ({ status: 201 }));
  await limits.start(other, async () => ({ status: 201 }));
  await expect(limits.start(other, async () => ({ status: 201 }))).rejects.toThrow('Too many requests');
});
