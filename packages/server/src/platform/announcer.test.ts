import { expect, it } from 'vitest';
import { Announcer } from './announcer.ts';
import type { Log } from './log.ts';

const event = { eventSeq: 1, event: 'chatMessageCreated', data: '{}', audience: null };

it('a listener that throws is logged; who announces and the other listeners do not feel it', () => {
  const logged: unknown[] = [];
  const log = { error: (fields: unknown) => void logged.push(fields) } as unknown as Log;
  const announcer = new Announcer(log);
  const failure = new Error('cannot');
  const fail = (): never => {
    throw failure;
  };
  const heard: string[] = [];
  announcer.listen({ committed: fail, reached: fail, passing: fail });
  announcer.listen({
    committed: (_session, [first]) => void heard.push(`committed ${first?.eventSeq}`),
    reached: (_session, eventSeq) => void heard.push(`reached ${eventSeq}`),
    passing: (_session, passing) => void heard.push(`passing ${passing.event}`),
  });
  announcer.committed('session', [event]);
  announcer.reached('session', 2);
  announcer.passing('session', { event: 'showTypingIndicator', data: '{}', audience: null });
  expect(heard).toEqual(['committed 1', 'reached 2', 'passing showTypingIndicator']);
  expect(logged).toEqual(Array.from({ length: 3 }, () => ({ error: failure, session: 'session…' })));
});
