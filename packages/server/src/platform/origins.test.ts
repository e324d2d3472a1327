import { describe, expect, it } from 'vitest';
import { parseOrigins } from './config-values.ts';
import { originsOf } from './origins.ts';

describe('an origin that is named', () => {
  it.each([
    ['https://shop.example', 'https://shop.example'],
    ['https://Shop.example/', 'https://shop.example'],
    ['https://shop.example:443', 'https://shop.example'],
    ['http://shop.example:8443', 'http://shop.example:8443'],
    ['https://пример.рф', 'https://xn--e1afmkfd.xn--p1ai'],
    ['https://*.shop.example', 'https://*.shop.example'],
    ['https://preview-*.shop.example:8443', 'https://preview-*.shop.example:8443'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
    ['capacitor://localhost', 'capacitor://localhost'],
    ['ionic://localhost', 'ionic://localhost'],
    ['file://', 'file://'],
    ['null', 'null'],
    ['*', '*'],
  ])('%s is taken', (entry, origin) => {
    expect(parseOrigins(entry)).toEqual([origin]);
  });

  it.each([
    ['shop.example', 'scheme'],
    ['https://shop.example/path', 'without a path'],
    ['https://user@shop.example', 'without a path'],
    ['https://', 'no host'],
    ['https://*.*.example', 'more than one'],
    ['https://shop.*', 'anybody can register'],
    ['https://*', 'anybody can register'],
    ['https*://shop.example', 'scheme'],
    ['https://shop.example:*', 'no host'],
    ['https://a b.example', 'no host'],
  ])('%s is refused with the reason', (entry, reason) => {
    expect(() => parseOrigins(`https://right.example,${entry}`)).toThrow(reason);
    expect(() => parseOrigins(entry)).toThrow(`"${entry}"`);
  });
});

describe('a page', () => {
  const origins = originsOf(parseOrigins('https://shop.example,https://*.shop.example,capacitor://localhost,file://'), [
    'http://127.0.0.1:8080',
  ]);

  it.each([
    'https://shop.example',
    'https://www.shop.example',
    'https://a.b.shop.example',
    'capacitor://localhost',
    'null',
    'file://',
    'http://127.0.0.1:8080',
    'http://molva.lan:8080',
  ])('of %s may call', (origin) => {
    expect(origins.allow(origin, 'molva.lan:8080')).toBe(true);
  });

  it.each([
    'https://shop.example.evil.example',
    'https://evilshop.example',
    'https://.shop.example',
    'https://evil.example#.shop.example',
    'https://evil.example/.shop.example',
    'http://www.shop.example',
    'https://www.shop.example:8443',
    'ionic://localhost',
    'http://localhost:8080',
    'http://molva.lan',
  ])('of %s may not', (origin) => {
    expect(origins.allow(origin, 'molva.lan:8080')).toBe(false);
  });

  it('of any origin may where all are let in, and of no other than its own where none is named', () => {
    expect(originsOf(['*'], []).allow('null', undefined)).toBe(true);
    expect(originsOf([], ['http://a.example']).allow('http://a.example', undefined)).toBe(true);
    expect(originsOf([], ['http://a.example']).allow('null', 'null')).toBe(false);
  });
});
