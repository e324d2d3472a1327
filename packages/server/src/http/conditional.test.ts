import { describe, expect, it } from 'vitest';
import { Failure } from '../platform/failure.ts';
import { choose } from './conditional.ts';

const modified = Date.parse('2026-01-28T12:00:00Z') + 345;
const date = new Date(modified).toUTCString();
const earlier = new Date(modified - 60_000).toUTCString();
const later = new Date(modified + 60_000).toUTCString();
const strong = { etag: '"a,1"', lastModified: modified, length: 100 };
const weak = { ...strong, etag: 'W/"a,1"' };

type Content = Parameters<typeof choose>[2];

/** What is chosen, in short: `200`, `304`, `206 0-9`, or the code of the failure. */
function chosen(headers: Record<string, string>, content: Content = strong, method = 'GET'): string {
  try {
    const choice = choose(method, headers, content);
    return choice.status === 206 ? `206 ${choice.range.first}-${choice.range.last}` : String(choice.status);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [error.code, ...Object.values(error.headers)].join(' ');
  }
}

describe('a condition', () => {
  it.each([
    [{}, '200'],
    [{ 'if-none-match': '"a,1"' }, '304'],
    [{ 'if-none-match': 'W/"a,1"' }, '304'],
    [{ 'if-none-match': '"b", W/"a,1"' }, '304'],
    [{ 'if-none-match': '*' }, '304'],
    [{ 'if-none-match': '"b"' }, '200'],
    [{ 'if-modified-since': date }, '304'],
    [{ 'if-modified-since': later }, '304'],
    [{ 'if-modified-since': earlier }, '200'],
    [{ 'if-modified-since': 'yesterday' }, '200'],
    [{ 'if-none-match': '"b"', 'if-modified-since': later }, '200'],
    [{ 'if-match': '"a,1"' }, '200'],
    [{ 'if-match': '*' }, '200'],
    [{ 'if-match': '"b"' }, 'precondition-failed'],
    [{ 'if-unmodified-since': date }, '200'],
    [{ 'if-unmodified-since': earlier }, 'precondition-failed'],
    [{ 'if-match': '"a,1"', 'if-unmodified-since': earlier }, '200'],
    [{ 'if-match': '"b"', 'if-none-match': '"a,1"' }, 'precondition-failed'],
    [{ 'if-none-match': '"a,1"', range: 'bytes=0-9' }, '304'],
  ])('%j is answered %s', (headers, answer) => {
    expect(chosen(headers as Record<string, string>)).toBe(answer);
  });

  it('that needs the exact content is not met by a loose name', () => {
    expect(chosen({ 'if-match': 'W/"a,1"' }, weak)).toBe('precondition-failed');
    expect(chosen({ 'if-none-match': '"a,1"' }, weak)).toBe('304');
    expect(chosen({ range: 'bytes=0-9', 'if-range': 'W/"a,1"' }, weak)).toBe('200');
  });

  it('about what a content does not say is not met', () => {
    expect(chosen({ 'if-none-match': '"a,1"', 'if-modified-since': later }, {})).toBe('200');
    expect(chosen({ 'if-modified-since': later }, {})).toBe('200');
  });
});

describe('a range', () => {
  it.each([
    ['bytes=0-9', '206 0-9'],
    ['Bytes = 10 - 19', '206 10-19'],
    ['bytes=90-', '206 90-99'],
    ['bytes=90-1000', '206 90-99'],
    ['bytes=-10', '206 90-99'],
    ['bytes=-1000', '206 0-99'],
    ['bytes=99-99', '206 99-99'],
    ['bytes=100-', 'range-not-satisfiable bytes */100'],
    ['bytes=-0', 'range-not-satisfiable bytes */100'],
    ['bytes=9-0', '200'],
    ['bytes=-', '200'],
    ['bytes=a-b', '200'],
    ['lines=0-9', '200'],
    ['bytes=0-9,20-29', '200'],
  ])('%s is answered %s', (range, answer) => {
    expect(chosen({ range })).toBe(answer);
  });

  it('of nothing cannot be had, and one of an unknown length is answered with the whole', () => {
    for (const range of ['bytes=0-', 'bytes=-5']) {
      expect(chosen({ range }, { length: 0 })).toBe('range-not-satisfiable bytes */0');
    }
    expect(chosen({ range: 'bytes=0-9' }, { etag: '"a"' })).toBe('200');
  });

  it.each([
    ['"a,1"', '206 0-9'],
    ['"b"', '200'],
    [date, '206 0-9'],
    [later, '200'],
    [earlier, '200'],
    ['whenever', '200'],
  ])('of what is named by If-Range: %s is answered %s', (condition, answer) => {
    expect(chosen({ range: 'bytes=0-9', 'if-range': condition })).toBe(answer);
  });

  it('is for GET alone, and conditions for reading alone', () => {
    expect(chosen({ range: 'bytes=0-9' }, strong, 'HEAD')).toBe('200');
    expect(chosen({ 'if-none-match': '*' }, strong, 'HEAD')).toBe('304');
    expect(chosen({ 'if-none-match': '*', range: 'bytes=0-9' }, strong, 'POST')).toBe('200');
  });
});
