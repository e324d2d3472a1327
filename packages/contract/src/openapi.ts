import type { TObject, TSchema } from 'typebox';
import { Check } from 'typebox/schema';
import { ALL_BASES, API_BASE, pathsOf } from './bases.ts';
import { DocumentSchemas, type Json } from './document-schemas.ts';
import { exampleOf } from './example.ts';
import { callbacksOf, webhooks } from './openapi-callbacks.ts';
import { answerHeaders, DocumentFailures, errorExamples, headersOf } from './openapi-errors.ts';
import { accessTexts, operationTexts, parameterTexts, securityOf, securitySchemes, tagTexts } from './openapi-texts.ts';
import { choices, streamedBody } from './openapi-streams.ts';
import type { Operation } from './operation.ts';
import { FileBytes } from './primitives.ts';
import { listedItem } from './schema-names.ts';

/** Calls that can be repeated without being done twice: how short their key may be, and what it is good for. */
const repeatable: Readonly<Record<string, { readonly minLength: number; readonly text: string }>> = {
  startSession: { minLength: 16, text: 'It opens the session again: take a random UUID.' },
  continueOrStartSession: { minLength: 16, text: 'It opens the session again: take a random UUID.' },
  sendClientMessage: { minLength: 1, text: 'Unique within the session. It wins over `clientMessageId`.' },
  sendOperatorMessage: { minLength: 1, text: 'Unique within the session. It wins over `clientMessageId`.' },
  replyToDialog: { minLength: 1, text: 'Unique within the dialog.' },
};

/**
 * The OpenAPI 3.1 document of the given operations, made from the schemas that validate.
 * @param operations the calls to describe
 * @param server the public address, without a path
 */
export function openApiDocument(operations: readonly Operation[], server: string, version: string): Json {
  const steps = openApiSteps(operations, server, version);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/**
 * The same document made in steps of a few milliseconds, of the some hundreds that all of it takes: who serves others
 * meanwhile does something else between them.
 */
export function* openApiSteps(
  operations: readonly Operation[],
  server: string,
  version: string,
): Generator<undefined, Json, undefined> {
  const schemas = new DocumentSchemas();
  const failures = new DocumentFailures(schemas);
  const paths: Record<string, Json> = {};
  for (const operation of operations.toSorted(inOrder)) {
    for (const [index, path] of pathsOf(operation).entries()) {
      const entry = (paths[path] ??= {});
      entry[operation.method.toLowerCase()] = describe(operation, index, schemas, failures);
      yield;
    }
  }
  const calls: Json = {};
  for (const [name, webhook] of webhooks(schemas)) {
    calls[name] = webhook;
    yield;
  }
  const used = new Set(operations.map(({ tag }) => tag));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Molva',
      version,
      summary: 'A chat platform: chats, sessions, messages, bots and the people who answer.',
      description:
        'Every failure is `{"error": string, "details": object or null}` with a stable code in `X-Error-Code`. Dates are ISO 8601 with an offset. An empty object may be sent as `[]`. What happens while a client is connected is described in `asyncapi.json` beside this document.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: ALL_BASES.map((base) => ({
      url: server + base,
      description: base === API_BASE ? 'every call' : 'the same calls, under the address existing integrations use',
    })),
    tags: Object.entries(tagTexts).flatMap(([name, description]) => (used.has(name) ? [{ name, description }] : [])),
    paths,
    webhooks: calls,
    components: {
      schemas: schemas.described(),
      responses: failures.described(),
      headers: answerHeaders,
      examples: errorExamples,
      securitySchemes,
    },
  };
}

const methods: readonly Operation['method'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** What belongs together stands together, wherever the operations come from. */
function inOrder(one: Operation, other: Operation): number {
  if (one.path !== other.path) return one.path < other.path ? -1 : 1;
  return methods.indexOf(one.method) - methods.indexOf(other.method);
}

function describe(operation: Operation, alias: number, schemas: DocumentSchemas, failures: DocumentFailures): Json {
  const { id, access } = operation;
  const callbacks = callbacksOf(id);
  return {
    operationId: alias === 0 ? id : `${id}Alias${alias === 1 ? '' : alias}`,
    ...(alias === 0 ? {} : { deprecated: true }),
    tags: [operation.tag],
    summary: operation.summary,
    description: [
      ...(alias === 0 ? [] : [`An older path of \`${id}\`.`]),
      accessTexts[access],
      ...(operationTexts[id] === undefined ? [] : [operationTexts[id]]),
    ].join(' '),
    security: securityOf[access],
    // The schemes do not tell a call that is open to all from one whose token the chat may ask for.
    'x-access': access,
    parameters: [
      ...parameters(operation, operation.params, 'path', schemas),
      ...parameters(operation, operation.query, 'query', schemas),
      ...keyHeader(id),
    ],
    ...requestBody(operation, schemas),
    responses: { ...successes(operation, schemas), ...choices(operation), ...failures.of(operation) },
    ...(callbacks === undefined ? {} : { callbacks }),
  };
}

function parameters(
  operation: Operation,
  schema: TObject | undefined,
  place: 'path' | 'query',
  schemas: DocumentSchemas,
): Json[] {
  if (schema === undefined) return [];
  const required = new Set<string>(schema.required ?? []);
  const rest = operation.takesRest ? Object.keys(schema.properties).at(-1) : undefined;
  return Object.entries(schema.properties as Record<string, TSchema>).map(([name, value]) => ({
    name,
    in: place,
    description: [
      parameterText(operation.id, name, value),
      ...(place === 'path' && name === rest ? ['The rest of the path, slashes too; it need not be escaped.'] : []),
    ].join('. '),
    required: place === 'path' || required.has(name),
    // A list is a comma list; `name=a&name=b` and `name[0]=a` are read as well.
    ...((value as { type?: string }).type === 'array' ? { style: 'form', explode: false } : {}),
    schema: schemas.place(value),
    example: exampleOf(value, name, operation.id),
  }));
}

function parameterText(operationId: string, name: string, schema: TSchema): string {
  const { description, format } = schema as { description?: string; format?: string };
  const own = format === undefined ? description : undefined;
  return parameterTexts[`${operationId}.${name}`] ?? own ?? parameterTexts[name] ?? description ?? name;
}

function keyHeader(operationId: string): Json[] {
  const repeats = repeatable[operationId];
  if (repeats === undefined) return [];
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      description: `Makes a repeat answer what the first call was answered. ${repeats.text}`,
      required: false,
      schema: { type: 'string', minLength: repeats.minLength },
      example: '2f1e7c9a-6b3d-4a58-9e0f-7c4b1d2a8e65',
    },
  ];
}

function requestBody({ body, consumes, example }: Operation, schemas: DocumentSchemas): Json {
  if (consumes !== undefined) return { requestBody: streamedBody(consumes, body ?? FileBytes, schemas) };
  if (body === undefined) return {};
  return {
    requestBody: {
      // An absent body is an empty one.
      required: !Check(body, {}),
      content: { 'application/json': { schema: schemas.place(body), example: example ?? exampleOf(body) } },
    },
  };
}

function successes(operation: Operation, schemas: DocumentSchemas): Json {
  const statuses = Object.keys(operation.answers);
  return Object.fromEntries(
    Object.entries(operation.answers).map(([status, schema]) => {
      const repeats = status === '200' && statuses.length > 1;
      const replayed = repeats && repeatable[operation.id] !== undefined;
      const content = contentOf(operation, schema, schemas);
      return [
        status,
        {
          description: repeats ? 'There already: it went on, or the call is a repeat' : successText(status, content),
          headers: headersOf('X-Request-Id', ...(replayed ? (['Idempotent-Replay'] as const) : [])),
          ...(content === undefined ? {} : { content }),
        },
      ];
    }),
  );
}

function successText(status: string, content: Json | undefined): string {
  if (content === undefined) return 'Done; the body is empty';
  return status === '201' ? 'Created' : 'OK';
}

function contentOf(operation: Operation, schema: TSchema, schemas: DocumentSchemas): Json | undefined {
  if ((schema as { type?: string }).type === 'null') return undefined;
  if (operation.produces !== undefined) return { [operation.produces]: { schema: schemas.place(schema) } };
  return answer(operation, schema, schemas);
}

function answer(operation: Operation, schema: TSchema, schemas: DocumentSchemas): Json {
  const item = listedItem(schema);
  const example =
    item === undefined ? exampleOf(schema, '', operation.id) : { count: 1, items: [exampleOf(item, '', operation.id)] };
  return { 'application/json': { schema: schemas.place(schema), example } };
}
