import { ErrorBody, errorTable, passesByItself, type ErrorCode } from './errors.ts';
import { reference, type DocumentSchemas, type Json } from './document-schemas.ts';
import { isList, type Operation } from './operation.ts';

/** Headers of answers, said once. */
export const answerHeaders = {
  'X-Request-Id': {
    description: 'Names the call in the log of the server.',
    schema: { type: 'string' },
    example: 'k3v9-1f',
  },
  'X-Error-Code': {
    description: 'The stable code of the failure.',
    schema: { type: 'string', enum: Object.keys(errorTable) },
    example: 'invalid-input',
  },
  'Retry-After': {
    description: 'Seconds to wait before the call is made again.',
    schema: { type: 'integer', minimum: 1 },
    example: 30,
  },
  'Idempotent-Replay': {
    description: '`true` where the call was made before: this is the answer it had then.',
    schema: { type: 'string', enum: ['true'] },
    example: 'true',
  },
} as const;

/** The headers an answer carries, by name. */
export function headersOf(...names: (keyof typeof answerHeaders)[]): Json {
  return Object.fromEntries(names.map((name) => [name, reference('headers', name)]));
}

/** Failures an operation can answer: its own and those that follow from its shape. */
export function errorsOf(operation: Operation): readonly ErrorCode[] {
  const codes = new Set<ErrorCode>(operation.errors ?? []);
  if (operation.params ?? operation.query ?? operation.body) codes.add('invalid-input');
  for (const code of bodyErrors(operation)) codes.add(code);
  if (isList(operation)) codes.add('list-late');
  if (operation.produces !== undefined) codes.add('precondition-failed').add('range-not-satisfiable');
  if (operation.access !== 'credentials') codes.add('token-invalid').add('token-expired');
  if (operation.access === 'user' || operation.access === 'admin') codes.add('not-authenticated');
  if (operation.access === 'admin') codes.add('permission-denied');
  return [...codes, 'headers-too-large', 'too-many-requests', 'internal', 'database-away', 'no-room', 'shutting-down'];
}

function bodyErrors({ method, consumes }: Operation): readonly ErrorCode[] {
  if (consumes !== undefined) {
    const own = consumes.type === 'multipart/form-data' ? (['malformed-form', 'invalid-input'] as const) : [];
    return [...own, 'body-too-large', 'media-type-unsupported', 'request-late', 'body-incomplete'];
  }
  // A body that nobody asked for is read all the same.
  return method === 'GET' ? [] : ['malformed-json', 'body-too-large', 'media-type-unsupported'];
}

/** The failing answers of a document: many operations fail alike, and each way to fail is described once. */
export class DocumentFailures {
  readonly #schemas: DocumentSchemas;
  readonly #described = new Map<string, Json>();

  constructor(schemas: DocumentSchemas) {
    this.#schemas = schemas;
  }

  /** The failing answers of an operation, by status. */
  of(operation: Operation): Json {
    const byStatus = new Map<number, ErrorCode[]>();
    for (const code of errorsOf(operation)) {
      const { status } = errorTable[code];
      byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    }
    return Object.fromEntries([...byStatus].map(([status, codes]) => [status, this.#place(status, codes.toSorted())]));
  }

  /** The answers referred to so far. */
  described(): Json {
    return Object.fromEntries(this.#described);
  }

  #place(status: number, codes: readonly ErrorCode[]): Json {
    const name = codes.join('.');
    if (!this.#described.has(name)) this.#described.set(name, failure(status, codes, this.#schemas));
    return reference('responses', name);
  }
}

function failure(status: number, codes: readonly ErrorCode[], schemas: DocumentSchemas): Json {
  return {
    description: codes.map((code) => `\`${code}\`: ${errorTable[code].remedy}`).join('\n\n'),
    headers: headersOf('X-Request-Id', 'X-Error-Code', ...(passesByItself(status) ? (['Retry-After'] as const) : [])),
    content: {
      'application/json': {
        schema: schemas.place(ErrorBody),
        examples: Object.fromEntries(codes.map((code) => [code, reference('examples', code)])),
      },
    },
  };
}

const faults: Partial<Record<ErrorCode, Readonly<Record<string, readonly string[]>>>> = {
  'invalid-input': { limit: ['must be <= 1000'] },
  'scenario-invalid': { 'scenario.blocks.hello.next': ['there is no block "goodbye"'] },
};

/** The body of every failure, by code. */
export const errorExamples: Readonly<Record<string, Json>> = Object.fromEntries(
  Object.entries(errorTable).map(([code, { status, message }]) => [
    code,
    { summary: message, value: { error: message, details: status === 400 ? details(code as ErrorCode) : null } },
  ]),
);

function details(code: ErrorCode): Json {
  const fields = faults[code] ?? {};
  return { ...fields, code, fields, requestId: answerHeaders['X-Request-Id'].example };
}
