import { describe, expect, it } from 'vitest';
import { runsQuery, searchText, sought, uuidRange } from './search.ts';

describe('what a session is found by', () => {
  it('is its name and its number in the messenger, folded, each on one line', () => {
    expect(searchText({ name: 'Анна ЁЛКИНА\nиз Омска', options: { messengerUserId: 'WA-79' } })).toBe(
      'анна елкина из омска\nwa-79',
    );
    expect(searchText({ name: '', options: {} })).toBe('\n');
    expect(sought(' ПРИВЕТ World ')).toBe('привет world');
  });

  it('is every number of a telephone, as digits, each once', () => {
    const options = { messengerUserId: '79161234567', clientPhone: '8 (916) 123-45-67' };
    expect(searchText({ name: 'Call +44 20 7946 0958', options })).toBe(
      'call +44 20 7946 0958\n79161234567\n442079460958 79161234567',
    );
  });
});

describe('a search', () => {
  it('asks the index for runs of three characters, and for the company', () => {
    expect(runsQuery(7, ['заказ'])).toBe(`'\n\n7' & ('зак' & 'ака' & 'каз')`);
    expect(runsQuery(7, ['aaaaa', 'b'])).toBe(`'\n\n7' & ('aaa' | 'b':*)`);
  });

  it('asks for a run that begins with a text shorter than a run', () => {
    expect(runsQuery(7, ['еж'])).toBe(`'\n\n7' & ('еж':*)`);
    expect(runsQuery(7, ['%'])).toBe(`'\n\n7' & ('%':*)`);
  });

  it('counts characters and not their halves, and takes what quotes literally', () => {
    expect(runsQuery(7, ['👍👍👍'])).toBe(`'\n\n7' & ('👍👍👍')`);
    expect(runsQuery(7, [String.raw`o'\n`])).toBe(`'\n\n7' & ('o''\\\\' & '''\\\\n')`);
  });

  it('asks of a long text for some runs from its beginning to its end', () => {
    const text = Array.from({ length: 200 }, (_, at) => String.fromCodePoint(0x4e00 + at)).join('');
    const runs = runsQuery(7, [text])
      .replace(/^.*?\((.*)\)$/s, '$1')
      .split(' & ');
    expect(runs).toHaveLength(8);
    expect([runs[0], runs.at(-1)]).toEqual([`'${text.slice(0, 3)}'`, `'${text.slice(-3)}'`]);
  });
});

describe('the beginning of a UUID', () => {
  const id = 'ab12cd34-0000-4000-8000-0123456789ab';

  it('is a range of UUIDs, with its hyphens or without', () => {
    expect(uuidRange('AB12')).toEqual({
      first: 'ab120000-0000-0000-0000-000000000000',
      last: 'ab12ffff-ffff-ffff-ffff-ffffffffffff',
    });
    expect(uuidRange('ab12cd34-00')).toEqual({
      first: 'ab12cd34-0000-0000-0000-000000000000',
      last: 'ab12cd34-00ff-ffff-ffff-ffffffffffff',
    });
    expect(uuidRange('ab12cd34-')).toEqual(uuidRange('ab12cd34'));
    expect(uuidRange(id)).toEqual({ first: id, last: id });
    expect(uuidRange(id.replaceAll('-', ''))).toEqual({ first: id, last: id });
  });

  it.each(['', 'abc', 'xyz12', 'ab-12', 'ab12cd34--', `${id}0`, 'жираф', 'ab 12'])('is not "%s"', (text) => {
    expect(uuidRange(text)).toBeUndefined();
  });
});
