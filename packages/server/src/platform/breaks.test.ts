import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { Breaks, isAway, isRefused, Unanswered } from './breaks.ts';

function databaseError(code: string): Error {
  return Object.assign(new pg.DatabaseError('failed', 6, 'error'), { code });
}

describe(isRefused, () => {
  it.each(['23505', '40001', '40P01', '57014', '22P02'])('%s says that nothing was written', (code) => {
    expect(isRefused(databaseError(code))).toBe(true);
  });

  it.each(['57P01', '57P02', '08006', '58000', 'XX000'])('%s leaves open what was written', (code) => {
    expect(isRefused(databaseError(code))).toBe(false);
  });

  it('a connection that ends leaves open what was written', () => {
    expect(isRefused(new Error('Connection terminated unexpectedly'))).toBe(false);
    expect(isRefused(Object.assign(new Error('read'), { code: 'ECONNRESET' }))).toBe(false);
  });
});

describe(isAway, () => {
  it.each(['53300', '53100', '57P01', '57P03', '57014', '08006', '25006', '58030'])('%s passes by itself', (code) => {
    expect(isAway(databaseError(code))).toBe(true);
  });

  it('what nobody answered passes too, and a fault of ours does not', () => {
    expect(isAway(new Unanswered('gone'))).toBe(true);
    expect(isAway(databaseError('42601'))).toBe(false);
    expect(isAway(databaseError('23505'))).toBe(false);
    expect(isAway(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))).toBe(false);
  });
});

it('tells once that statements are answered again, and only where a connection broke', () => {
  const breaks = new Breaks();
  let told = 0;
  const listening = breaks.listen(() => void told++);
  breaks.answered();
  breaks.failed(databaseError('23505'));
  breaks.answered();
  expect(told).toBe(0);
  for (let count = 0; count < 3; count++) breaks.failed(databaseError('57P01'));
  breaks.answered();
  breaks.answered();
  expect(told).toBe(1);
  listening[Symbol.dispose]();
  breaks.failed(databaseError('57P01'));
  breaks.answered();
  expect(told).toBe(1);
});
