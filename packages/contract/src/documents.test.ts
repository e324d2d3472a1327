import specifications from '@asyncapi/specs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { asyncApiDocument } from './asyncapi.ts';
import { ALL_BASES, pathsOf } from './bases.ts';
import { fieldTextsOf } from './field-texts-of.ts';
import { fieldTexts } from './field-texts.ts';
import * as contract from './index.ts';
import { errorsOf } from './openapi-errors.ts';
import { openApiDocument } from './openapi.ts';
import type { Operation } from './operation.ts';
import { namedSchemas, nameOf } from './schema-names.ts';

type Json = Record<string, unknown>;
/** A part of a document, with the JSON pointer to it. */
type Part = readonly [pointer: string, value: Json];

const operations = Object.values(contract.operations) as Operation[];
const openapi = JSON.parse(JSON.stringify(openApiDocument(operations, 'https://chat.example', '1.2.3'))) as Json;
const asyncapi = JSON.parse(JSON.stringify(asyncApiDocument('https://chat.example', '1.2.3'))) as Json;
const addFormats = formats as unknown as (ajv: Ajv) => Ajv;

/** Every object of a document. */
function* parts(value: unknown, pointer = ''): Generator<Part> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [pointer, value as Json];
  for (const [key, inner] of Object.entries(value)) {
    yield* parts(inner, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

function at(document: Json, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document);
}

function resolved(document: Json, value: unknown): Json {
  const { $ref } = value as { $ref?: string };
  return ($ref === undefined ? value : at(document, $ref.slice(1))) as Json;
}

function danglingReferences(document: Json): string[] {
  return [...parts(document)].flatMap(([pointer, { $ref }]) =>
    typeof $ref === 'string' && at(document, $ref.slice(1)) === undefined ? [`${pointer}: ${$ref}`] : [],
  );
}

/** What is wrong with a value by a schema of the document, as another validator than ours sees it. */
function checkBy(ajv: Ajv, document: Json): (pointer: string, value: unknown) => unknown {
  addFormats(ajv).addSchema(document, 'document');
  return (pointer, value) => {
    const check = ajv.getSchema(`document#${encodeURI(pointer)}`);
    if (check === undefined) return `no schema at ${pointer}`;
    return check(value) === true ? null : check.errors;
  };
}

interface Described extends Json {
  readonly operationId: string;
  readonly parameters: readonly Json[];
  readonly responses: Json;
  readonly requestBody?: { readonly content: { readonly 'application/json': Json } };
}
const described = [...parts(openapi)]
  .filter(([pointer, value]) => /^\/(paths|webhooks)\//.test(pointer) && 'operationId' in value)
  .map(([pointer, value]) => [(value as Described).operationId, pointer, value as Described] as const);

describe('the OpenAPI document', () => {
  it('is one, by a public validator', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(openapi));
    expect([validator.version, valid, errors]).toEqual(['3.1', true, undefined]);
  });

  it('has an answer for every operation', () => {
    for (const { answers, id } of operations) expect(Object.keys(answers).length, id).toBeGreaterThan(0);
  });

  it('describes every operation under every path, once', () => {
    const ids = described.map(([id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const operation of operations) {
      for (const path of pathsOf(operation)) {
        const entry = (openapi['paths'] as Record<string, Json>)[path]?.[operation.method.toLowerCase()];
        expect(entry, `${operation.method} ${path}`).toBeDefined();
      }
    }
  });

  it('refers to nothing that is not there, and describes nothing that nobody refers to', () => {
    expect(danglingReferences(openapi)).toEqual([]);
    const used = new Set([...parts(openapi)].map(([, { $ref }]) => $ref));
    const kept = Object.entries(openapi['components'] as Record<string, Json>).filter(
      ([kind]) => kind !== 'securitySchemes',
    );
    const unused = kept.flatMap(([kind, entries]) =>
      Object.keys(entries).filter((name) => !used.has(`#/components/${kind}/${name}`)),
    );
    // What an address that is none answers belongs to no operation, nor what streams answer, as pages are, nor live calls.
    expect(unused).toEqual([
      'malformed-form',
      'body-incomplete',
      'path-not-found',
      'method-not-allowed',
      'request-late',
      'precondition-failed',
      'range-not-satisfiable',
      'too-many-sessions',
      'upgrade-required',
    ]);
  });

  it('has the key of repeats where calls read it, and the header of repeats where they are answered so', () => {
    const withHeader = described.filter(
      ([, pointer, { parameters }]) =>
        pointer.startsWith('/paths/') && parameters.some(({ name }) => name === 'Idempotency-Key'),
    );
    expect(new Set(withHeader.map(([id]) => id))).toEqual(
      new Set([
        'startSession',
        'continueOrStartSession',
        'sendClientMessage',
        'sendClientMessageAlias',
        'sendOperatorMessage',
        'replyToDialog',
      ]),
    );
    const replayed = described.filter(([, , { responses }]) => JSON.stringify(responses).includes('Idempotent-Replay'));
    expect(replayed.map(([id]) => id).toSorted()).toEqual(
      withHeader
        .map(([id]) => id)
        .filter((id) => id !== 'replyToDialog')
        .toSorted(),
    );
  });

  it('says of each call who may make it: by a token, by its role, or by none', () => {
    const roles = new Map<contract.Access, unknown>([
      ['credentials', []],
      ['user', [{ user: [] }, { apiKey: [] }]],
      ['admin', [{ user: ['ADMIN'] }, { apiKey: ['ADMIN'] }]],
    ]);
    for (const { id, access, path, method } of operations) {
      const entry = at(openapi, `/paths/${path.replaceAll('/', '~1')}/${method.toLowerCase()}`) as Json;
      expect([id, entry['x-access']]).toEqual([id, access]);
      const security = entry['security'] as Json[];
      if (roles.has(access)) expect([id, security]).toEqual([id, roles.get(access)]);
      else expect([id, security[0], security.length]).toEqual([id, {}, 4]);
    }
  });

  it('is served under every base', () => {
    const servers = (openapi['servers'] as { url: string }[]).map(({ url }) => url);
    expect(servers).toEqual(ALL_BASES.map((base) => `https://chat.example${base}`));
  });

  it.each(described)('has words and examples for %s', (_id, _pointer, operation) => {
    expect(operation['summary']).toEqual(expect.stringMatching(/\S/));
    expect(operation['description']).toEqual(expect.stringMatching(/\S/));
    for (const parameter of operation.parameters) {
      const { name, description } = parameter;
      expect([name, description === name ? '' : description]).toEqual([name, expect.stringMatching(/\S/)]);
      expect(parameter).toHaveProperty('example');
    }
    if (operation.requestBody !== undefined) {
      const body = operation.requestBody.content['application/json'];
      expect('example' in body || 'examples' in body).toBe(true);
    }
    for (const [status, response] of Object.entries(operation.responses)) {
      const { description, content } = resolved(openapi, response) as { description: string; content?: Json };
      expect([status, description]).toEqual([status, expect.stringMatching(/\S/)]);
      if (content === undefined) continue;
      const json = content['application/json'] as Json;
      expect([status, 'schema' in json, 'example' in json || 'examples' in json]).toEqual([status, true, true]);
    }
  });

  it('has an example of every failure of every operation, in the form failures have', () => {
    for (const operation of operations) {
      const entry = at(openapi, `/paths/${operation.path.replaceAll('/', '~1')}/${operation.method.toLowerCase()}`);
      const codes = Object.entries((entry as Described).responses).flatMap(([status, response]) => {
        if (Number(status) < 400) return [];
        const { content } = resolved(openapi, response) as { content: { 'application/json': { examples: Json } } };
        return Object.entries(content['application/json'].examples).map(([code, example]) => {
          const { value } = resolved(openapi, example) as { value: { error: string; details: Json | null } };
          const { status: own, message } = contract.errorTable[code as contract.ErrorCode];
          expect([value.error, own]).toEqual([message, Number(status)]);
          expect(value.details?.['code'] ?? null).toBe(own === 400 ? code : null);
          return code;
        });
      });
      expect(codes.toSorted(), operation.id).toEqual([...new Set(errorsOf(operation))].toSorted());
    }
  });

  describe('by another validator than the one that checks calls', () => {
    let check: ReturnType<typeof checkBy>;
    beforeAll(() => {
      check = checkBy(new Ajv2020({ strict: false, validateSchema: false, allErrors: true }) as never, openapi);
    });

    it('has examples that fit their schemas', () => {
      const wrong = [...parts(openapi)].flatMap(([pointer, part]) => {
        if (!('schema' in part)) return [];
        const examples = Object.values((part['examples'] as Json | undefined) ?? {}).map(
          (example) => resolved(openapi, example)['value'],
        );
        return [...('example' in part ? [part['example']] : []), ...examples].flatMap((example) => {
          const errors = check(`${pointer}/schema`, example);
          return errors === null ? [] : [[pointer, errors]];
        });
      });
      expect(wrong).toEqual([]);
    });

    it('refuses what does not fit', () => {
      expect(check('/components/schemas/ClientMessageBody', { attachments: 1 })).toHaveLength(2);
    });
  });

  it.each([
    ['the calls', openapi],
    ['the live side', asyncapi],
  ])('has a sentence for every field of every body: %s', (_name, document) => {
    // What only tells the form of a value says nothing of its meaning.
    const forms = new Set(['UUID', 'ISO 8601 with offset', 'seconds', 'minutes from UTC', 'empty body']);
    const bare = [...parts(document)].flatMap(([pointer, { properties }]) => {
      if (typeof properties !== 'object' || properties === null || /\/(example|examples)\//.test(pointer)) return [];
      return Object.entries(properties as Record<string, Json>).flatMap(([name, schema]) => {
        const { description } = schema;
        return typeof description === 'string' && / /.test(description) && !forms.has(description)
          ? []
          : [`${pointer}: ${name}`];
      });
    });
    expect(bare).toEqual([]);
  });

  it('says only what some field means', () => {
    const names = new Set(
      [...parts(openapi), ...parts(asyncapi)].flatMap(([, { properties }]) => Object.keys((properties ?? {}) as Json)),
    );
    const said = [...Object.keys(fieldTexts), ...Object.keys(fieldTextsOf)].map((key) => key.split('.').at(-1) ?? key);
    expect([...new Set(said)].filter((name) => !names.has(name))).toEqual([]);
  });

  it('names its tags, and says what each is about', () => {
    const tags = openapi['tags'] as { name: string; description: string }[];
    const used = new Set(described.flatMap(([, , operation]) => (operation['tags'] as string[] | undefined) ?? []));
    expect(tags.map(({ name }) => name).toSorted()).toEqual([...used].toSorted());
  });

  it('has a name for every schema that the contract exports', () => {
    const exported = Object.entries(contract).filter(
      ([, value]) =>
        typeof value === 'object' && value !== null && ('properties' in value || 'enum' in value || 'anyOf' in value),
    );
    expect(exported.filter(([name]) => !namedSchemas.has(name)).map(([name]) => name)).toEqual([]);
    expect(exported.length).toBeGreaterThan(80);
    expect(nameOf(contract.Session)).toBe('Session');
  });
});

describe('the AsyncAPI document', () => {
  const channels = asyncapi['channels'] as Record<string, { messages: Record<string, Json> }>;

  it('is one, by the official schema', () => {
    const ajv = addFormats(new Ajv({ strict: false, meta: false, validateSchema: false, allErrors: true }));
    const check = ajv.compile(specifications.schemas['3.0.0'] as Json);
    expect([check(asyncapi), check.errors]).toEqual([true, null]);
  });

  it('has a message for every event and every call of the live side', () => {
    expect(Object.keys(channels[contract.WIDGET_NAMESPACE]?.messages ?? {})).toEqual(
      Object.keys(contract.eventSchemas),
    );
    expect(Object.keys(asyncapi['operations'] as Json)).toEqual([
      'connect',
      ...Object.keys(contract.rpcSchemas),
      'events',
    ]);
    for (const name of Object.keys(contract.rpcSchemas)) {
      expect(at(asyncapi, `/operations/${name}/reply/messages`)).toHaveLength(2);
    }
  });

  it('refers to nothing that is not there', () => {
    expect(danglingReferences(asyncapi)).toEqual([]);
  });

  it('has an example of every message that fits its schema, by another validator than the one that checks calls', () => {
    const check = checkBy(new Ajv({ strict: false, validateSchema: false, allErrors: true }), asyncapi);
    for (const [channel, { messages }] of Object.entries(channels)) {
      for (const [name, { examples }] of Object.entries(messages)) {
        expect(examples, name).not.toHaveLength(0);
        for (const { payload } of examples as Json[]) {
          expect(check(`/channels/${channel}/messages/${name}/payload`, payload), name).toBeNull();
        }
      }
    }
  });

  it.each([
    ['https://chat.example', { host: 'chat.example', protocol: 'wss' }],
    ['http://localhost:8080', { host: 'localhost:8080', protocol: 'ws' }],
  ])('names the server at %s', (server, live) => {
    const pathname = contract.LIVE_PATH;
    expect(asyncApiDocument(server, '1')['servers']).toMatchObject({ live: { ...live, pathname } });
  });
});
