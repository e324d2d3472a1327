import type { TObject, TSchema } from 'typebox';
import { API_BASE, pathsOf } from './bases.ts';
import { ErrorBody, errorTable, type ErrorCode } from './errors.ts';
import type { Operation } from './operation.ts';

type Json = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of the given operations, made from the schemas that validate.
 * @param operations the calls to describe
 * @param server the public address, without a path
 */
export function openApiDocument(operations: readonly Operation[], server: string, version: string): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    for (const path of pathsOf(operation)) {
      const entry = (paths[path] ??= {});
      entry[operation.method.toLowerCase()] = describe(operation, path !== operation.path);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Molva',
      version,
      description:
        'Chats, sessions, messages, bots and users. The same calls answer under `/api/chats/v1`, `/api/bot/v1` and `/api/iam/v1`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: server + API_BASE }],
    paths,
    components: {
      schemas: { Error: ErrorBody },
      securitySchemes: {
        user: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'token of POST /auth/login' },
      },
    },
  };
}

function describe(operation: Operation, alias: boolean): Json {
  const needsToken = operation.access === 'user' || operation.access === 'admin';
  return {
    operationId: alias ? `${operation.id}Alias` : operation.id,
    ...(alias ? { deprecated: true } : {}),
    tags: [operation.tag],
    summary: operation.summary,
    security: needsToken ? [{ user: [] }] : operation.access === 'credentials' ? [] : [{}, { user: [] }],
    parameters: [...parameters(operation.params, 'path'), ...parameters(operation.query, 'query')],
    ...(operation.body === undefined ? {} : { requestBody: requestBody(operation.body, operation.example) }),
    responses: { ...successes(operation), ...failures(operation) },
  };
}

function parameters(schema: TObject | undefined, place: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const required = new Set<string>(schema.required ?? []);
  return Object.entries(schema.properties as Record<string, TSchema>).map(([name, value]) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    schema: value,
  }));
}

function requestBody(schema: TSchema, example: unknown): Json {
  const content = example === undefined ? { schema } : { schema, example };
  return { required: true, content: { 'application/json': content } };
}

function successes(operation: Operation): Json {
  return Object.fromEntries(
    Object.entries(operation.answers).map(([status, schema]) => [
      status,
      status === '204'
        ? { description: 'Done' }
        : { description: status === '201' ? 'Created' : 'OK', content: { 'application/json': { schema } } },
    ]),
  );
}

/** Failures an operation can answer: its own and those that follow from its shape. */
export function errorsOf(operation: Operation): readonly ErrorCode[] {
  const codes = new Set<ErrorCode>(operation.errors ?? []);
  if (operation.params ?? operation.query ?? operation.body) codes.add('invalid-input');
  if (operation.body !== undefined) {
    for (const code of ['malformed-json', 'body-too-large', 'media-type-unsupported'] as const) codes.add(code);
  }
  if (operation.access !== 'credentials') codes.add('token-invalid').add('token-expired');
  if (operation.access === 'user' || operation.access === 'admin') codes.add('not-authenticated');
  if (operation.access === 'admin') codes.add('permission-denied');
  return [...codes, 'internal', 'shutting-down'];
}

function failures(operation: Operation): Json {
  const byStatus = new Map<number, string[]>();
  for (const code of errorsOf(operation)) {
    const { status, message } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${message}`]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, lines]) => [
      status,
      {
        description: lines.join('\n\n'),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  );
}
