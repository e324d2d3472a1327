import type { Operation } from '@molva/contract';
import { FileBytes } from '@molva/contract';
import fc from 'fast-check';
import { Type, type TObject } from 'typebox';
import { describe, expect, it } from 'vitest';
import { Failure } from '../platform/failure.ts';
import type { FormPart } from '../platform/streams.ts';
import { partsOf } from './form.ts';
import { formCheck } from './validate.ts';

const TYPE = 'multipart/form-data; boundary=XX';
const file = (name: string, fileName: string, bytes: string): string =>
  `--XX\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: image/png\r\n\r\n${bytes}\r\n`;
const field = (name: string, value: string): string =>
  `--XX\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const END = '--XX--\r\n';

async function* inChunks(body: string | Buffer, size = 7): AsyncGenerator<Uint8Array, void> {
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Reads a form to its end; files whose name is in `skip` are left unread. */
async function read(parts: AsyncIterable<FormPart>, skip = ''): Promise<string[]> {
  const seen: string[] = [];
  for await (const part of parts) {
    if (part.kind === 'field') seen.push(`${part.name}=${JSON.stringify(part.value)}`);
    else if (part.fileName === skip) seen.push(`${part.name}: ${part.fileName} passed over`);
    else seen.push(`${part.name}: ${part.fileName} ${part.type} ${await textOf(part.bytes)}`);
  }
  return seen;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  );
  return error instanceof Failure ? [error.code, error.fields] : error;
}

describe('a form', () => {
  const body = [
    file('file[]', '../a.png', 'first'),
    file('file[]', 'б.png', 'x'.repeat(300_000)),
    file('file[]', 'c.png', ''),
    field('note', 'after the files'),
    END,
  ].join('');
  const parts = [
    'file[]: a.png image/png first',
    `file[]: б.png image/png ${'x'.repeat(300_000)}`,
    'file[]: c.png image/png ',
    'note="after the files"',
  ];

  it.each([1000, 65_536, 1_000_000])('is read in the order it was sent, in chunks of %i bytes', async (size) => {
    expect(await read(partsOf(TYPE, inChunks(body, size)))).toEqual(parts);
  });

  it('is the same however it is cut', async () => {
    const small = [file('a', 'a', 'one\r\n--X'), field('b', 'two'), file('c', 'c', 'three'), END].join('');
    const whole = await read(partsOf(TYPE, inChunks(small, 10_000)));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (size) => {
        expect(await read(partsOf(TYPE, inChunks(small, size)))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on after a file that nobody reads, or nobody reads to its end', async () => {
    for (const size of [1000, 65_536, 1_000_000]) {
      const skipped = await read(partsOf(TYPE, inChunks(body, size)), 'б.png');
      expect(skipped).toEqual([parts[0], 'file[]: б.png passed over', parts[2], parts[3]]);
      const seen: string[] = [];
      for await (const part of partsOf(TYPE, inChunks(body, size))) {
        seen.push(part.name);
        if (part.kind === 'file') for await (const _ of part.bytes) break;
      }
      expect(seen).toEqual(['file[]', 'file[]', 'file[]', 'note']);
      const names: string[] = [];
      for await (const part of partsOf(TYPE, inChunks(body, size))) {
        names.push(part.name);
        // Begun, and neither read on nor returned from.
        if (part.kind === 'file') await part.bytes[Symbol.asyncIterator]().next();
      }
      expect(names).toEqual(seen);
    }
  });

  it('is left with its body returned from', async () => {
    const left: string[] = [];
    async function* watched(): AsyncGenerator<Uint8Array, void> {
      try {
        yield* inChunks(body, 1000);
      } finally {
        left.push('left');
      }
    }
    for await (const part of partsOf(TYPE, watched())) if (part.kind === 'file') break;
    await expect.poll(() => left).toEqual(['left']);
  });

  it.each([
    ['is cut in a file', TYPE, file('a', 'a', 'x'.repeat(200_000)).slice(0, 100_000)],
    ['is cut between parts', TYPE, file('a', 'a', 'one')],
    ['is empty', TYPE, ''],
    ['is no form', TYPE, '{"a": 1}'],
    ['names no boundary', 'multipart/form-data', body],
  ])('that %s is none', async (_what, type, broken) => {
    expect(await failureOf(read(partsOf(type, inChunks(broken, 1000))))).toEqual(['malformed-form', null]);
    expect(await failureOf(read(partsOf(type, inChunks(broken, 1000)), 'a'))).toEqual(['malformed-form', null]);
  });

  it('fails as its body does, for whoever reads a file and whoever waits for a part', async () => {
    async function* large(): AsyncGenerator<Uint8Array, void> {
      yield* inChunks(body.slice(0, 200_000), 1000);
      throw new Failure('body-too-large');
    }
    expect(await failureOf(read(partsOf(TYPE, large())))).toEqual(['body-too-large', null]);
    expect(await failureOf(read(partsOf(TYPE, large()), 'б.png'))).toEqual(['body-too-large', null]);
  });

  it('has an end to its fields and to what they hold', async () => {
    const many = Array.from({ length: 101 }, (_, index) => field(`f${index}`, 'x')).join('') + END;
    expect(await failureOf(read(partsOf(TYPE, inChunks(many, 100))))).toEqual([
      'invalid-input',
      { '': ['has too many parts'] },
    ]);
    const long = field('note', 'x'.repeat(70_000)) + END;
    expect(await failureOf(read(partsOf(TYPE, inChunks(long, 1000))))).toEqual([
      'invalid-input',
      { note: ['must not be longer than 65536 bytes'] },
    ]);
  });
});

describe('the check of a form', () => {
  const body = Type.Object({
    'file[]': Type.Array(FileBytes),
    private: Type.Optional(Type.Boolean()),
    width: Type.Optional(Type.Integer({ minimum: 1 })),
    'tags[]': Type.Optional(Type.Array(Type.String({ maxLength: 5 }))),
  }) as TObject;
  const check = formCheck({ body } as Partial<Operation> as Operation);
  const checked = (...parts: string[]) => read(check(partsOf(TYPE, inChunks(parts.join('') + END))));

  it('reads texts as their types, lists in each of their spellings, and passes over what nobody asks for', async () => {
    const parts = [
      file('other', 'o.png', 'x'),
      file('file[0]', 'a.png', 'a'),
      file('file', 'b.png', 'b'),
      field('private', '1'),
      field('width', '12'),
      field('tags[]', 'one'),
      field('tags[1]', 'two'),
      field('unknown', 'x'),
    ];
    expect(await checked(...parts)).toEqual([
      'file[]: a.png image/png a',
      'file[]: b.png image/png b',
      'private=true',
      'width=12',
      'tags[]="one"',
      'tags[]="two"',
    ]);
  });

  it.each([
    ['width', field('width', '0'), 'must be >= 1'],
    ['width', field('width', 'wide'), 'must be integer'],
    ['tags[]', field('tags', 'longer'), 'must not have more than 5 characters'],
    ['file[]', field('file', 'x'), 'must be a file'],
    ['width', file('width', 'a.png', '1'), 'must be a text'],
    ['tags[]', field('tags[]', 'a\0b'), 'has characters that cannot be stored'],
    ['file[]', '', 'is required'],
  ])('names %s where it is wrong', async (name, part, _reason) => {
    expect(await failureOf(checked(part))).toEqual(['invalid-input', { [name]: [expect.stringMatching(/\S/)] }]);
  });
});
