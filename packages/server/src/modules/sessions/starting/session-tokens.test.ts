import { expect, it } from 'vitest';
import { FakeClock } from '../../../testing/fake-clock.ts';
import type { ChatRecord } from '../../chats/index.ts';
import type { HotSession } from '../state/session.ts';
import { SessionTokens } from './session-tokens.ts';

const clock = new FakeClock(Date.parse('2026-01-28T12:00:00Z'));
const tokens = new SessionTokens(new Uint8Array(32), clock);
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
