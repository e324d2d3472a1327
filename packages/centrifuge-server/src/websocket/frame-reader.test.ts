import { describe, expect, it } from 'vitest';
import { FrameReader } from './frame-reader.ts';
import { clientFrame } from '../testing/client-frames.ts';
import { opcodes } from './frames.ts';

const LONGEST = 100;

/** What is heard of bytes that come in chunks of a size. */
function heard(bytes: Buffer, size = bytes.length): unknown[] {
  const told: unknown[] = [];
  const reader = new FrameReader(
    {
      message: (payload) => told.push(payload.toString()),
      pinged: (payload) => told.push(['ping', payload.toString()]),
      ponged: () => told.push('pong'),
      closed: (code, reason) => told.push({ code, reason }),
      broken: (code) => told.push(code),
    },
    LONGEST,
  );
  // A mask is taken off where the bytes stand.
  const copy = Buffer.from(bytes);
  for (let at = 0; at < copy.length; at += size) reader.read(copy.subarray(at, at + size));
  return told;
}

const { continuation, text, binary, close, ping, pong } = opcodes;
const said = (code: number, reason: string | Buffer = ''): Buffer =>
  Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
const goodbye = clientFrame(close, said(1000));

describe('what is read', () => {
  const cases: readonly (readonly [string, Buffer[], unknown[]])[] = [
    ['a text', [clientFrame(text, 'hé')], ['hé']],
    ['bytes', [clientFrame(binary, 'raw')], ['raw']],
    ['nothing', [clientFrame(text, '')], ['']],
    ['as much as there may be', [clientFrame(text, 'x'.repeat(LONGEST))], ['x'.repeat(LONGEST)]],
    ['several', [clientFrame(text, 'a'), clientFrame(text, 'b'), clientFrame(text, 'c')], ['a', 'b', 'c']],
    [
      'fragments, in the middle of a character, with a ping between them',
      [
        clientFrame(text, Buffer.from('é').subarray(0, 1), { final: false }),
        clientFrame(ping, 'there?'),
        clientFrame(continuation, Buffer.from('é').subarray(1), { final: false }),
        clientFrame(continuation, ''),
        clientFrame(text, 'next'),
      ],
      [['ping', 'there?'], 'é', 'next'],
    ],
    ['an unasked pong', [clientFrame(pong, '')], ['pong']],
    ['a goodbye, and nothing after it', [goodbye, clientFrame(text, 'more')], [{ code: 1000, reason: '' }]],
    ['a goodbye without a code', [clientFrame(close, '')], [{ code: 1005, reason: '' }]],
    ['a goodbye with a reason', [clientFrame(close, said(4001, 'weg'))], [{ code: 4001, reason: 'weg' }]],
  ];

  it.each(cases)('%s, wherever the chunks end', (_what, frames, expected) => {
    const bytes = Buffer.concat(frames);
    for (let size = 1; size <= bytes.length; size++) expect(heard(bytes, size)).toEqual(expected);
  });
});

describe('what is not taken', () => {
  const unmasked = Buffer.from([0x81, 1, 0x61]);
  const reserved = clientFrame(text, 'a');
  reserved[0] = 0xc1;
  const endless = Buffer.from([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  const cases: readonly (readonly [string, Buffer[], number])[] = [
    ['a frame without a mask', [unmasked], 1002],
    ['reserved bits', [reserved], 1002],
    ['an unknown kind', [clientFrame(3, '')], 1002],
    ['an unknown kind of control', [clientFrame(11, '')], 1002],
    ['a fragment of nothing', [clientFrame(continuation, 'a')], 1002],
    ['a message within another', [clientFrame(text, 'a', { final: false }), clientFrame(text, 'b')], 1002],
    ['control in fragments', [clientFrame(ping, '', { final: false })], 1002],
    ['control that is long', [clientFrame(ping, 'x'.repeat(126))], 1002],
    ['half a code', [clientFrame(close, 'x')], 1002],
    ['a code that is never said', [clientFrame(close, said(1005))], 1002],
    ['a code of nobody', [clientFrame(close, said(2999))], 1002],
    ['a reason that is no text', [clientFrame(close, said(1000, Buffer.from([0xff])))], 1007],
    ['a text that is none', [clientFrame(text, Buffer.from([0xc3, 0x28]))], 1007],
    ['more than there may be', [clientFrame(text, 'x'.repeat(LONGEST + 1))], 1009],
    ['more than there may be, by its head', [endless], 1009],
    [
      'more than there may be, in fragments',
      [clientFrame(text, 'x'.repeat(60), { final: false }), clientFrame(continuation, 'x'.repeat(41))],
      1009,
    ],
  ];

  it.each(cases)('%s, and nothing after it', (_what, frames, code) => {
    const bytes = Buffer.concat([...frames, goodbye]);
    for (const size of [1, 2, 5, bytes.length]) expect(heard(bytes, size)).toEqual([code]);
  });
});
