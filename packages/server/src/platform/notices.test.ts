import { expect, it } from 'vitest';
import { pino } from 'pino';
import { FakeClock } from '../testing/fake-clock.ts';
import { Notices, tellForeign } from './notices.ts';

it('each is counted; the log has the first of a kind, and how many there were since once a minute', () => {
  const clock = new FakeClock(0);
  const counted: string[] = [];
  const lines: unknown[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const notices = new Notices(log, clock, (notice) => counted.push(notice));
  for (let time = 0; time < 100; time++) notices.tell('token-refused', { address: '192.0.2.1' });
  tellForeign(notices, `https://${'a'.repeat(200)}.example`, '192.0.2.1');
  expect([counted.length, lines]).toEqual([
    101,
    [
      expect.objectContaining({ notice: 'token-refused', address: '192.0.2.1' }),
      expect.objectContaining({
        notice: 'origin-refused',
        origin: `https://${'a'.repeat(92)}`,
        setting: 'MOLVA_ALLOWED_ORIGINS',
      }),
    ],
  ]);
  clock.advance(60_000);
  expect(lines.slice(2)).toEqual([expect.objectContaining({ notice: 'token-refused', times: 99 })]);
  clock.advance(60_000);
  notices.tell('token-refused', { address: '192.0.2.2' });
  expect(lines.slice(3)).toEqual([expect.objectContaining({ address: '192.0.2.2' })]);
});
