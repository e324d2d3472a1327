import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { bytesBeyond, bytesOf } from './bytes-of.ts';
import { Memory } from './memory.ts';

const clock = new FakeClock(0);

/** A part whose values are texts of a thousand bytes, each reading another one. */
function thousands(memory: Memory, name = 'texts', lifeMs?: number) {
  let readings = 0;
  return memory.part({
    name,
    read: async (key: string) => `${key} ${++readings}`,
    bytesOf: () => 1_000,
    ...(lifeMs === undefined ? {} : { lifeMs }),
  });
}

describe(Memory, () => {
  it('answers what was read until it is dropped', async () => {
    const texts = thousands(new Memory(clock, 1e6));
    expect([await texts.get('a'), await texts.get('a')]).toEqual(['a 1', 'a 1']);
    texts.drop('a');
    expect([texts.known('a'), await texts.get('a'), texts.known('a')]).toEqual([undefined, 'a 2', 'a 2']);
  });

  it('holds no more bytes than its bound; what was not read for the longest goes first, of whichever part', async () => {
    const memory = new Memory(clock, 4_000);
    const [texts, others] = [thousands(memory), thousands(memory, 'others')];
    await texts.get('a');
    await others.get('b');
    await texts.get('c');
    await texts.get('a');
    await texts.get('d');
    expect([texts.known('a'), others.known('b'), texts.known('c'), texts.known('d')]).toEqual([
      'a 1',
      undefined,
      'c 2',
      'd 3',
    ]);
    const bytes = memory.figures().reduce((sum, part) => sum + part.bytes, 0);
    expect(bytes).toBeGreaterThan(3_000);
    expect(bytes).toBeLessThanOrEqual(4_000);
  });

  it('is emptied by what is larger than all of it, and keeps that no more than the rest', async () => {
    const memory = new Memory(clock, 1e6);
    const values = memory.part({ name: 'values', read: async (size: number) => 'x'.repeat(size) });
    for (let size = 0; size < 2_000; size++) await values.get(size);
    await values.get(1_000_000);
    expect(memory.figures()).toMatchObject([{ entries: 0, bytes: 0 }]);
  });

  it('estimates plain data, and counts keys', async () => {
    const memory = new Memory(clock, 1e6);
    const values = memory.part({ name: 'values', read: async (key: string) => ({ key, list: [1, 2, 3] }) });
    await values.get('key');
    const [figures] = memory.figures();
    expect(figures?.bytes).toBeGreaterThan(bytesOf('key') + bytesOf({ key: 'key', list: [1, 2, 3] }));
    values.drop('key');
    expect(memory.figures()).toMatchObject([{ entries: 0, bytes: 0 }]);
  });

  it.each([{ bytesBeyond }, {}])(
    'holds as many bytes after a value took the place of another as with it alone',
    (sized) => {
      const figuresOf = (...values: { text: string; list: number[] }[]) => {
        const memory = new Memory(clock, 1e6);
        const part = memory.part({ name: 'part', read: async (_key: string) => ({ text: '', list: [0] }), ...sized });
        for (const value of values) part.put('a', value);
        return memory.figures();
      };
      const [short, long, other] = [
        { text: 'text', list: [1] },
        { text: 'a longer text', list: [1, 2, 3] },
        { text: 'another text', list: [] },
      ];
      for (const value of [short, long, other]) expect(figuresOf(short, long, value)).toEqual(figuresOf(value));
    },
  );

  it('makes room for what grows where it is, and lets that go last', async () => {
    const memory = new Memory(clock, 3_500);
    const part = memory.part({ name: 'part', read: async (size: number) => 'x'.repeat(size) });
    for (const key of [1, 2, 3]) part.put(key, 'x'.repeat(400));
    part.put(1, 'x'.repeat(800));
    expect([part.known(1)?.length, part.known(2), part.known(3)?.length]).toEqual([800, undefined, 400]);
  });

  it('believes a value for its life time alone, counted from the beginning of the reading', async () => {
    const time = new FakeClock(0);
    const texts = thousands(new Memory(time, 1e6), 'texts', 5_000);
    await texts.get('a');
    time.advance(4_999);
    time.leap(-3_600_000);
    expect(await texts.get('a')).toBe('a 1');
    time.advance(1);
    expect([texts.known('a'), await texts.get('a')]).toEqual([undefined, 'a 2']);
  });

  it('reads again what was dropped while it was being read: who asks after a change gets nothing from before', async () => {
    const readings: PromiseWithResolvers<string>[] = [];
    const part = new Memory(clock, 1e6).part({
      name: 'slow',
      read: (_key: string) => (readings[readings.length] = Promise.withResolvers<string>()).promise,
    });
    const before = part.get('a');
    part.drop('a');
    const after = part.get('a');
    readings[1]?.resolve('new');
    readings[0]?.resolve('old');
    expect([await before, await after, await part.get('a'), part.known('a')]).toEqual(['old', 'new', 'new', 'new']);
    expect(readings).toHaveLength(2);
  });

  it('keeps what was written over what is being read', async () => {
    const reading = Promise.withResolvers<string>();
    const part = new Memory(clock, 1e6).part({ name: 'slow', read: (_key: string) => reading.promise });
    const read = part.get('a');
    part.put('a', 'written');
    reading.resolve('read');
    expect([await read, await part.get('a')]).toEqual(['read', 'written']);
  });

  it('asks once for all who ask at the same time, and keeps neither a failure nor what is not there', async () => {
    const answers = [Promise.reject(new Error('no database')), Promise.resolve(undefined), Promise.resolve('there')];
    const memory = new Memory(clock, 1e6);
    const part = memory.part({ name: 'part', read: (_key: string) => answers.shift() ?? Promise.resolve('too often') });
    const [one, two] = await Promise.allSettled([part.get('a'), part.get('a')]);
    expect([one.status, two.status]).toEqual(['rejected', 'rejected']);
    expect([await part.get('a'), await part.get('a'), await part.get('a')]).toEqual([undefined, 'there', 'there']);
    expect(memory.figures()).toMatchObject([{ hits: 2, misses: 3, entries: 1 }]);
  });

  it('is emptied whole, with what is being read', async () => {
    const memory = new Memory(clock, 1e6);
    const [texts, others] = [thousands(memory), thousands(memory, 'others')];
    await texts.get('a');
    const reading = others.get('b');
    memory.clear();
    await reading;
    expect([texts.known('a'), others.known('b')]).toEqual([undefined, undefined]);
    expect(memory.figures()).toMatchObject([{ bytes: 0 }, { bytes: 0 }]);
  });
});
