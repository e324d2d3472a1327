import { Validator } from '@seriousme/openapi-schema-validator';
import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { openApiDocument } from './openapi.ts';
import { errorsOf } from './openapi-errors.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations/table.ts';
import { FileBytes } from './primitives.ts';

const upload = {
  id: 'upload',
  service: 'chats',
  method: 'POST',
  path: '/files',
  tag: 'Service',
  summary: 'Upload files',
  access: 'open',
  consumes: { type: 'multipart/form-data', limit: 10_485_760 },
  body: Type.Object({ 'file[]': Type.Array(FileBytes), private: Type.Optional(Type.Boolean()) }),
  answers: { 201: Type.Object({ id: Type.String({ examples: ['1'] }) }) },
} as const satisfies Operation;

const put = {
  ...upload,
  id: 'put',
  method: 'PUT',
  consumes: { type: 'application/octet-stream', limit: 1024 },
  body: undefined as never,
} as const satisfies Operation;

const table = {
  id: 'table',
  service: 'chats',
  method: 'GET',
  path: '/table',
  tag: 'Service',
  summary: 'Export',
  access: 'user',
  produces: 'text/csv',
  answers: { 200: Type.String() },
} as const satisfies Operation;

const document = JSON.parse(JSON.stringify(openApiDocument([upload, put, table], 'https://chat.example', '1'))) as {
  paths: Record<string, Record<string, { requestBody: object; responses: Record<string, object> }>>;
};

it('streams make a document by a public validator', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  expect([valid, errors]).toEqual([true, undefined]);
});

it('a streamed body is described by its type, its limit and its parts', () => {
  expect(document.paths['/files']?.['post']?.requestBody).toEqual({
    description: 'At most 10,485,760 bytes.',
    required: true,
    content: {
      'multipart/form-data': {
        schema: {
          type: 'object',
          required: ['file[]'],
          properties: {
            'file[]': { type: 'array', items: { contentMediaType: 'application/octet-stream' } },
            private: { type: 'boolean', description: 'whether only the company sees it' },
          },
        },
      },
    },
  });
  expect(document.paths['/files']?.['put']?.requestBody).toMatchObject({
    content: { 'application/octet-stream': { schema: { contentMediaType: 'application/octet-stream' } } },
  });
});

it('a streamed answer is described by its type, and with what conditions make of it', () => {
  const responses = document.paths['/table']?.['get']?.responses ?? {};
  expect(responses['200']).toMatchObject({ content: { 'text/csv': { schema: { type: 'string' } } } });
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(['206', '304', '412', '416']));
  expect(document.paths['/files']?.['post']?.responses).not.toHaveProperty('206');
});

it('streams fail in ways of their own, and calls of JSON as before', () => {
  const body = ['body-too-large', 'media-type-unsupported', 'request-late', 'body-incomplete'];
  expect(errorsOf(upload)).toEqual(expect.arrayContaining(['malformed-form', 'invalid-input', ...body]));
  expect(errorsOf(put)).toEqual(expect.arrayContaining(body));
  for (const operation of [upload, put]) expect(errorsOf(operation)).not.toContain('malformed-json');
  const streams = ['malformed-form', 'request-late', 'body-incomplete', 'precondition-failed', 'range-not-satisfiable'];
  for (const operation of Object.values<Operation>(operations)) {
    if (operation.consumes !== undefined || operation.produces !== undefined) continue;
    expect(errorsOf(operation).filter((code) => streams.includes(code))).toEqual([]);
  }
});
