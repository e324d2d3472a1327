import { SignJWT } from 'jose';
import { beforeEach, expect, it } from 'vitest';
import { Memory } from '../../../platform/memory.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import type { ChatRecord } from '../../chats/index.ts';
import { IdentityTokens } from './identity-tokens.ts';

const MEMORY_BYTES = 40_000;
const secret = 'a secret of thirty-two characters or more';
let clock: FakeClock;
let memory: Memory;
let tokens: IdentityTokens;
beforeEach(() => {
  clock = new FakeClock(Date.UTC(2026, 0, 1));
  memory = new Memory(clock, MEMORY_BYTES);
  tokens = new IdentityTokens(memory);
});

const settingsWith = (changed = {}) =>
  ({
    identityKeys: [],
    identitySecret: secret,
    identityAudience: null,
    identityMaxAge: 3600,
    ...changed,
  }) as unknown as ChatRecord['settings'];
const settings = settingsWith();
const seconds = () => Math.floor(clock.now() / 1000);
const sign = (claims = {}, key = secret) =>
  new SignJWT({ sub: 'anna', exp: seconds() + 600, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(key));
const check = (token: string, by = settings) => tokens.check(by, token, clock.now());
const figures = () => memory.figures()[0];

it('a token that is shown again is not checked again, and says the same', async () => {
  const token = await sign({ name: 'Anna' });
  const first = await check(token);
  expect(await check(token)).toEqual(first);
  expect(figures()).toMatchObject({ hits: 1, misses: 1, entries: 1 });
});

it('a token that ended between two calls proves nothing in the second, and one that has not begun yet neither', async () => {
  const token = await sign();
  await check(token);
  clock.advance(599_000);
  await check(token);
  clock.advance(1_000);
  await expect(check(token)).rejects.toThrow('not of this time');
  const later = await sign({ nbf: seconds() + 60 });
  await check(later);
  clock.advance(-1_000);
  await expect(check(later)).rejects.toThrow('nbf');
});

it('a token whose signer is a minute ahead begins by that clock, and ends by ours', async () => {
  const ahead = await sign({ nbf: seconds() + 60, exp: seconds() + 90 });
  await check(ahead);
  clock.advance(89_999);
  await check(ahead);
  clock.advance(1);
  await expect(check(ahead)).rejects.toThrow('not of this time');
  await expect(check(await sign({ nbf: seconds() + 61 }))).rejects.toThrow('nbf');
});

it('under other settings a token is checked anew: a key that is gone, another audience, a shorter time', async () => {
  const token = await sign();
  await check(token);
  for (const changed of [
    { identitySecret: `${secret}!` },
    { identitySecret: null },
    { identityAudience: 'another' },
    { identityMaxAge: 60 },
  ]) {
    await expect(check(token, settingsWith(changed))).rejects.toThrow();
  }
  await check(token);
});

it('a token that has the beginning of a good one is refused, and leaves nothing', async () => {
  const token = await sign();
  await check(token);
  const [head = '', claims = '', signature = ''] = token.split('.');
  const other = Buffer.from(JSON.stringify({ sub: 'boris', exp: seconds() + 600 })).toString('base64url');
  const forged = [
    `${head}.${other}.${signature}`,
    `${head}.${claims}.${signature.slice(0, -2)}`,
    `${head}.${claims}.${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`,
    await sign({}, `${secret}!`),
  ];
  for (const one of forged) await expect(check(one)).rejects.toThrow();
  expect(figures()).toMatchObject({ entries: 1 });
});

it('however many tokens a chat signs, they take no more than the memory has', async () => {
  for (let n = 0; n < 300; n++) await check(await sign({ sub: `client ${n}` }));
  expect(figures()?.bytes).toBeLessThanOrEqual(MEMORY_BYTES);
  expect(figures()?.entries).toBeGreaterThan(10);
});
