import { expect, it } from 'vitest';
import { changedParts, wireShape } from './wire-shape.ts';

const shape = await wireShape();

it('every part of the wire has a line of its own', () => {
  const parts = changedParts(shape, '');
  expect(new Set(parts).size).toBe(parts.length);
  expect(parts).toEqual(
    expect.arrayContaining(['get /sessions/{sessionId}', 'schemas Session', 'event sessionClosed', 'rpc typing']),
  );
});

it('a part that went or is another is named, one that came is not', () => {
  const [known, now] = [
    ['// wire event heard aa', '// wire event said bb', '// wire rpc gone cc', 'export type Other = 1;'],
    ['// wire event heard aa', '// wire event said dd', '// wire event new ee'],
  ].map((lines) => lines.join('\n'));
  expect(changedParts(known ?? '', now ?? '')).toEqual(['event said', 'rpc gone']);
});
