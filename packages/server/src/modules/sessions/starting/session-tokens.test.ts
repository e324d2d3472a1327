import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Memory } from '../../../platform/memory.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import type { ChatRecord } from '../../chats/index.ts';
import type { HotSession } from '../state/session.ts';
import { SessionTokens } from './session-tokens.ts';

const clock = new FakeClock(Date.parse('2026-01-28T12:00:00Z'));
const keyOf = (byte: number) => createSecretKey(new Uint8Array(32).fill(byte));
const memory = new Memory(clock, 1_000_000);
const tokens = new SessionTokens(keyOf(0), clock, memory);
const session = (id: string) =>
  ({
    id,
    companyId: 1,
    ttl: 3600,
    startedAt: clock.now(),
    tokenEpoch: 0,
    floor: { at: 'bot', role: 'first' },
  }) as unknown as HotSession;
const chat = (identityVerification: string) => ({ settings: { identityVerification } }) as ChatRecord;
const one = session('one');

/** What becomes of whoever offers this token: the code of the failure, or `in`. */
function outcome(sessionToken: string | null, verification = 'required', held = one): string {
  try {
    tokens.admit(held, chat(verification), { user: null, sessionToken });
    return 'in';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

it('a token opens its own session until a day after it, and whoever had it learns that it ended', () => {
  const token = tokens.issue(one);
  expect(outcome(token)).toBe('in');
  const ended = { ...one, floor: { at: 'closed', when: clock.now() } } as unknown as HotSession;
  expect(outcome(token, 'required', ended)).toBe('in');
  clock.advance(86_400_000);
  expect(outcome(token, 'required', ended)).toBe('session-token-refused');
  expect(outcome(token, 'required', { ...one, tokenEpoch: 1 })).toBe('session-token-refused');
});

it.each([null, '', 's1.', 's1.zzzzzz', 's1.zzzzzz.AAAA', tokens.issue(session('two')), `${tokens.issue(one)}A`])(
  'whoever offers %s does not learn that the session is there',
  (token) => {
    expect(outcome(token)).toBe('entity-not-found');
    expect(outcome(token, 'optional')).toBe('entity-not-found');
  },
);

it('where no token is wanted none refuses anything', () => {
  for (const token of [null, 's1.zzzzzz.AAAA', tokens.issue(session('two'))]) expect(outcome(token, 'off')).toBe('in');
});

describe('what a session’s token has to be is kept, and', () => {
  const kept = () => memory.figures()[0] ?? { entries: 0, bytes: 0, hits: 0 };

  it('a token that was revoked, or whose session ended, between two calls opens nothing in the second', () => {
    const held = session('kept');
    const token = tokens.issue(held);
    expect([outcome(token, 'required', held), tokens.fits(token, held)]).toEqual(['in', true]);
    expect(kept().hits).toBeGreaterThan(0);
    const revoked = { ...held, tokenEpoch: 1 };
    expect([outcome(token, 'required', revoked), tokens.fits(token, revoked)]).toEqual([
      'session-token-refused',
      false,
    ]);
    const next = tokens.issue(revoked);
    expect(outcome(next, 'required', revoked)).toBe('in');
    // A session as it was before, as another node may still have it, goes by its own epoch.
    expect([outcome(next, 'required', held), outcome(token, 'required', held)]).toEqual([
      'session-token-refused',
      'in',
    ]);
    const ended = { ...revoked, floor: { at: 'closed', when: clock.now() - 86_400_000 } } as unknown as HotSession;
    expect([outcome(next, 'required', ended), tokens.fits(next, ended)]).toEqual(['session-token-refused', false]);
  });

  it('a token that differs from it anywhere is refused, however much of it is the same', () => {
    const held = session('forged');
    const token = tokens.issue(held);
    expect(outcome(token, 'required', held)).toBe('in');
    const signatureAt = token.lastIndexOf('.') + 1;
    // The last character has two bits that say nothing.
    for (let at = signatureAt; at < token.length - 1; at++) {
      const other = token[at] === 'A' ? 'B' : 'A';
      const forged = token.slice(0, at) + other + token.slice(at + 1);
      expect(outcome(forged, 'required', held)).toBe('entity-not-found');
    }
    for (const forged of [token.slice(0, -1), token.slice(0, signatureAt), token.replace('s2.0', 's2.1')]) {
      expect(outcome(forged, 'required', held)).toBe('entity-not-found');
    }
    expect(outcome(tokens.issue(session('another')), 'required', held)).toBe('entity-not-found');
  });

  it('a token of another key opens nothing, also where the memory is the same', () => {
    const held = session('rotated');
    const token = tokens.issue(held);
    expect(outcome(token, 'required', held)).toBe('in');
    const rotated = new SessionTokens(keyOf(1), clock, memory);
    expect(rotated.fits(token, held)).toBe(false);
    expect(rotated.fits(rotated.issue(held), held)).toBe(true);
    expect(tokens.fits(rotated.issue(held), held)).toBe(false);
  });

  it('a hundred thousand tokens take no more than the memory has, whether they are forged or good', () => {
    const before = kept().entries;
    const held = session('tried');
    let fitting = 0;
    for (let n = 0; n < 50_000; n++) if (tokens.fits(`s2.0.forged${n}`, held)) fitting++;
    expect(fitting).toBe(0);
    expect(kept().entries).toBeLessThanOrEqual(before + 1);
    for (let n = 0; n < 50_000; n++) tokens.fits('s2.0.forged', session(`of many ${n}`));
    expect(kept().bytes).toBeLessThanOrEqual(1_000_000);
    expect(kept().entries).toBeGreaterThan(1_000);
    expect(kept().entries).toBeLessThan(2_500);
    expect(tokens.fits(tokens.issue(held), held)).toBe(true);
  });
});
