import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { TurnBudget } from './budget.ts';
import { patternCost } from './pattern-cost.ts';
import { Pattern } from './pattern.ts';

const free = { spend: () => undefined };
const runes = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0) ?? 0);

/** What patterns are made of: everything the engine has an instruction for. */
const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    fc.constantFrom(
      'a',
      'B',
      'k',
      'ß',
      'я',
      'Ё',
      '😀',
      '\\d',
      '\\W',
      '\\pL',
      '[^a-c]',
      '[[:alpha:]я]',
      '.',
      '(?s:.)',
      '\\n',
    ),
    fc.constantFrom('^', '$', '\\A', '\\z', '\\b', '\\B', '(?m:^)', '(?m:$)', '(?-i:a)', '\\Qa.b\\E', ''),
    tie('pattern').map((inner) => `(${inner})`),
  ),
  pattern: fc
    .array(fc.tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+?', '?', '{2}', '{0,3}', '|')), { maxLength: 4 })
    .map((parts) =>
      parts.map(([atom, count]) => (atom === '' || count === '' ? atom : `(?:${atom})${count}`)).join(''),
    ),
}));
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', 'K', '\u212a', 'ſ', 'я', 'ё', '😀', '1', ' ', '\n', '_'),
});

describe('patterns', () => {
  it('match what the engine matches that compiles them', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 5, maxLength: 5 }), (source, texts) => {
        const engine = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
        const ours = new Pattern(source);
        for (const said of texts) expect(ours.matches(runes(said), free), said).toBe(engine.test(said));
      }),
      { numRuns: 300 },
    );
  });

  it('are never cheaper to compile than they are taken for', () => {
    fc.assert(
      fc.property(pattern, (source) => {
        expect(RE2JS.compile(source).programSize()).toBeLessThanOrEqual(2 * patternCost(source) + 3);
      }),
      { numRuns: 300 },
    );
    const hostile = [
      '\\pL{100}'.repeat(5),
      '((a{5}){5}){5}',
      `(?:${'abcdefghij'.repeat(10)}){20}`,
      `(${'abcdefghij'.repeat(10)}(?i)abc){20}`,
      `(?:${'abcdefghij'.repeat(10)}\\Q)\\E){20}`,
      `(?:${'abcdefghij'.repeat(10)}[])]){20}`,
      '.{0,100}'.repeat(5),
    ];
    for (const source of hostile) {
      expect(RE2JS.compile(source).programSize(), source).toBeLessThanOrEqual(2 * patternCost(source));
    }
    // Ranges and classes take their time without being many instructions.
    expect(patternCost('[A-\u{1e942}]'.repeat(30))).toBeGreaterThan(50_000);
    expect(patternCost('\\pL'.repeat(170))).toBeGreaterThan(20_000);
    for (const source of ['^\\p{L}{2,50}$', '^[\\w.+-]+@[\\w-]+(\\.[\\w-]+)+$', '[A-Za-zА-Яа-яЁё]{2,30}', '.{0,500}']) {
      expect(patternCost(source), source).toBeLessThan(1_100);
    }
  });

  it('end with their turn on a text that is dear to them', () => {
    const wide = new Pattern('(?:[\\p{L}\\p{N}]{1,30}\\s?){1,30}!');
    expect(() => wide.matches(runes('я'.repeat(4096)), new TurnBudget())).toThrow('no more work');
    const usual = new Pattern('(заказ|order).*(номер|number)\\s*\\d+');
    const budget = new TurnBudget();
    for (let time = 0; time < 20; time++) expect(usual.matches(runes('о заказе '.repeat(220)), budget)).toBe(false);
  });
});
