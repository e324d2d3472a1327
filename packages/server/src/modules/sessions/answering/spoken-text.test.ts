import { expect, it } from 'vitest';
import type { SpokenPart } from '../state/bot-port.ts';
import { SpokenText } from './spoken-text.ts';

function said(...pieces: readonly SpokenPart[]): SpokenText {
  const text = new SpokenText();
  for (const piece of pieces) text.add(piece);
  return text;
}

it('pieces are joined, and what follows one that was taken begins where it ended', () => {
  const text = said({ at: 0, text: 'Good ' }, { at: 5, text: 'day' });
  expect(text.take()).toEqual({ at: 0, text: 'Good day' });
  expect(text.empty).toBe(true);
  text.add({ at: 8, text: '!' });
  expect(text.take()).toEqual({ at: 8, text: '!' });
  expect(text.take()).toEqual({ at: 9, text: '' });
});

it('a piece that begins earlier says anew what follows, also of what was taken', () => {
  const text = said({ at: 0, text: 'Good day' }, { at: 5, text: 'evening' });
  expect(text.take()).toEqual({ at: 0, text: 'Good evening' });
  text.add({ at: 5, text: 'night' });
  expect(text.take()).toEqual({ at: 5, text: 'night' });
});

it('a piece that would leave a hole is left out, and so is one that begins nowhere', () => {
  const text = said({ at: 1, text: 'x' }, { at: -1, text: 'x' }, { at: 0.5, text: 'x' }, { at: Number.NaN, text: 'x' });
  expect(text.empty).toBe(true);
});

it('no more is kept than is shown of a message', () => {
  const text = said({ at: 0, text: 'a'.repeat(65_000) }, { at: 65_000, text: 'b'.repeat(65_000) });
  expect(text.take().text.length).toBe(65_536);
  text.add({ at: 65_536, text: 'c' });
  text.add({ at: 130_000, text: 'd' });
  expect(text.empty).toBe(true);
});

it('half of a character waits for its other half', () => {
  const text = said({ at: 0, text: 'hi \ud83d' });
  expect(text.take()).toEqual({ at: 0, text: 'hi ' });
  expect(text.empty).toBe(true);
  text.add({ at: 4, text: '\ude00' });
  expect(text.take()).toEqual({ at: 3, text: '\u{1F600}' });
});
