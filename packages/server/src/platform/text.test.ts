import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, cutStart } from './text.ts';

const family = '\u{1F469}\u200D\u{1F469}\u200D\u{1F467}';
const flag = '\u{1F1F1}\u{1F1FB}';
const accented = 'e\u0301';

describe('a cut', () => {
  it.each([
    ['leaves a short text', 'short', 5, 'short'],
    ['is where it is asked for', 'letters', 3, 'let'],
    ['takes no half of an emoji', 'a\u{1F600}', 2, 'a'],
    ['takes no part of a family', `ab${family}`, 7, 'ab'],
    ['keeps a family that fits', `ab${family}c`, 10, `ab${family}`],
    ['takes no half of a flag', `${flag}${flag}`, 6, flag],
    ['takes no letter without its accent', `caf${accented}`, 4, 'caf'],
    ['takes no half of a line break', 'a\r\nb', 2, 'a'],
  ])('%s', (_what, text, longest, kept) => {
    expect(cut(text, longest)).toBe(kept);
  });

  it.each([
    ['leaves a short text', 'short', 5, 'short'],
    ['is where it is asked for', 'letters', 3, 'ers'],
    ['begins with no half of an emoji', '\u{1F600}b', 2, 'b'],
    ['begins with no part of a family', `${family}ab`, 7, 'ab'],
    ['begins with no accent alone', `caf${accented}!`, 2, '!'],
    ['keeps a family that fits', `c${family}ab`, 10, `${family}ab`],
  ])('at the beginning %s', (_what, text, longest, kept) => {
    expect(cutStart(text, longest)).toBe(kept);
  });

  it('keeps some of a character that has no end', () => {
    const endless = `a${'\u0301'.repeat(1000)}`;
    expect(cut(endless, 500)).toHaveLength(500);
    expect(cutStart(endless, 500)).toHaveLength(500);
  });

  it('is never longer than asked for, and always whole', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 200 });
    fc.assert(
      fc.property(texts, fc.nat(300), (text, longest) => {
        for (const kept of [cut(text, longest), cutStart(text, longest)]) {
          expect(kept.length).toBeLessThanOrEqual(longest);
          expect(kept.isWellFormed()).toBe(true);
        }
        expect(text.startsWith(cut(text, longest))).toBe(true);
        expect(text.endsWith(cutStart(text, longest))).toBe(true);
      }),
    );
  });
});
