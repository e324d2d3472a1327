import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFault } from './json-fault.ts';

describe(jsonFault, () => {
  it.each([
    ['', 1, 1, 'it ends too early'],
    ['{"name": "x",\n "a" }', 2, 6, '":" is missing after a name'],
    ['{"name": "x" "a": 1}', 1, 14, '"," or "}" is missing'],
    ['[1 2]', 1, 4, '"," or "]" is missing'],
    ['{"a": 1,}', 1, 9, 'a name in double quotes is missing'],
    ['[1,]', 1, 4, 'this is no value'],
    ["{'a': 1}", 1, 2, 'a name in double quotes is missing'],
    ['{"a":1}}', 1, 8, 'something follows the end'],
    ['NaN', 1, 1, 'this is no value'],
    ['[01]', 1, 2, 'this is no value'],
    ['{"a": "\u{1F600}\n"}', 1, 9, 'a line break or control character in a text must be escaped'],
    ['{"a": "\\x"}', 1, 8, 'this is no escape'],
    ['\n\n  {"a": "b', 3, 9, 'a text is not closed'],
    ['{"a": [1, {"b": 2}', 1, 19, 'it ends too early'],
    ['[}', 1, 2, 'this is no value'],
  ])('finds what is wrong in %j', (source, line, column, reason) => {
    expect(jsonFault(source)).toEqual({ line, column, reason });
  });

  it('is at its end with JSON where that ends, and before the end with whatever else', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom(...'[]{}",:\\x0 '.split('')), (text, place, sign) => {
        const at = place % (text.length + 1);
        const changed = text.slice(0, at) + sign + text.slice(at);
        const { reason } = jsonFault(changed);
        if (reads(changed)) expect(reason).toBe('it ends too early');
        else expect(reason).not.toBe('');
      }),
    );
  });

  it('goes through as many brackets as a body has', () => {
    expect(jsonFault('['.repeat(262_144)).reason).toBe('it ends too early');
  });
});

function reads(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
