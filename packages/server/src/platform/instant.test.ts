import { describe, expect, it } from 'vitest';
import { readInstant, readLastInstant, storedWireDate } from './instant.ts';

describe(readInstant, () => {
  it.each([
    ['2026-01-28T12:00:00+00:00', '2026-01-28T12:00:00.000Z'],
    ['2026-01-28T12:00:00.123456Z', '2026-01-28T12:00:00.123Z'],
    ['2026-01-28T12:00:00 03:00', '2026-01-28T09:00:00.000Z'],
    ['2026-01-28T12:00:00+23:59', '2026-01-27T12:01:00.000Z'],
    ['2026-01-28 12:00:00', '2026-01-28T12:00:00.000Z'],
    ['2026-01-28T12:00', '2026-01-28T12:00:00.000Z'],
  ])('reads %s', (text, instant) => {
    expect(readInstant(text)).toBe(instant);
  });

  it.each([
    '',
    'now',
    'infinity',
    '2026-01-28',
    '2026-13-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-23:59',
    '+275760-09-13T00:00:00.000Z',
    '2026-01-28T12:00:00\0Z',
  ])('takes "%s" for none', (text) => {
    expect(readInstant(text)).toBe(undefined);
  });
});

describe(readLastInstant, () => {
  it.each([
    ['2026-01-28T12:00:00+00:00', '2026-01-28T12:00:00.999999Z'],
    ['2026-01-28T15:00:00+03:00', '2026-01-28T12:00:00.999999Z'],
    ['2026-01-28T12:00:00.123Z', '2026-01-28T12:00:00.123Z'],
    ['never', undefined],
  ])('reads %s as the last instant it means', (text, instant) => {
    expect(readLastInstant(text)).toBe(instant);
  });
});

describe(storedWireDate, () => {
  it('shows what an earlier build stored in the documented form', () => {
    expect(storedWireDate('2026-01-28T12:00:00.239+00:00')).toBe('2026-01-28T12:00:00+00:00');
    expect(storedWireDate('2026-01-28T12:00:00+00:00')).toBe('2026-01-28T12:00:00+00:00');
  });
});
