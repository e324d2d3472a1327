import { describe, expect, it } from 'vitest';
import { folded, phoneSought, phonesIn } from './folded.ts';

describe(folded, () => {
  it.each([
    ['Álvaro', 'alvaro'],
    ['СЕМЁН', 'семен'],
    ['и\u0306ога', 'йога'],
    ['Йога', 'йога'],
    ['İstanbul', 'istanbul'],
    ['ISPARTA ılık', 'isparta ilik'],
    ['Straße STRASSE', 'strasse strasse'],
    ['Łódź, Sørensen, Æther', 'lodz, sorensen, aether'],
    ['ΟΔΥΣΣΕΎΣ ς', 'οδυσσευσ σ'],
    ['№7', '№7'],
    ['so\u00adft zero\u200bwidth', 'soft zerowidth'],
    ['a\u00a0 \n b', 'a b'],
    ['हिन्दी', 'हिन्दी'],
    ['', ''],
  ])('makes %j what it is searched for', (text, plain) => {
    expect(folded(text)).toBe(plain);
    expect(folded(text.normalize('NFD'))).toBe(plain);
  });
});

describe('a number of a telephone', () => {
  it.each([
    ['79991234567', '79991234567'],
    [' 79991234567', '79991234567'],
    ['+7 (999) 123-45-67', '79991234567'],
    ['8 999 123-45-67', '79991234567'],
    ['999 123', '999123'],
    ['0171 1234567', '1711234567'],
    ['0049 171 1234567', '491711234567'],
  ])('is sought by %s', (text, digits) => {
    expect(phoneSought(text)).toBe(digits);
  });

  it.each(['1234', 'a1234567', '-12345', '', '12:30', '1e10'])('is not sought by "%s"', (text) => {
    expect(phoneSought(text)).toBe(undefined);
  });

  it('is found in texts however it is written, and short or endless digits are none', () => {
    expect(phonesIn(['from 8(999)123-45-67 or +49 171 1234567', '+7 999 123 45 67'])).toEqual([
      '79991234567',
      '491711234567',
    ]);
    expect(phonesIn(['order 4711', '1234567890123456789', '12 34 56'])).toEqual([]);
  });
});
