import { describe, expect, it } from 'vitest';
import { MOST_LEVELS, tooDeepIn } from './depth.ts';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

describe(tooDeepIn, () => {
  it('names the property that nests too deep, however deep it is', () => {
    expect(tooDeepIn({ flat: 1, deep: nested(MOST_LEVELS) })).toBe('deep');
    expect(tooDeepIn({ flat: 1, deep: nested(100_000) })).toBe('deep');
    expect(tooDeepIn(nested(MOST_LEVELS + 1))).toBe('');
  });

  it('lets everything else pass', () => {
    for (const value of [null, 'text', 7, [], {}, { deep: nested(MOST_LEVELS - 1) }, nested(MOST_LEVELS)]) {
      expect(tooDeepIn(value)).toBe(undefined);
    }
  });
});
