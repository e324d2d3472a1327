import { operations, type Operation } from '@molva/contract';
import type { TSchema } from 'typebox';

type Json = Record<string, unknown>;

/** A parameter as the document describes it, its schema without references. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly schema: TSchema;
}

/** A call of the document, beside the operation of the contract it comes from. */
export interface DocumentedCall {
  /** The `operationId`: of an older path it is another one than the operation's own. */
  readonly id: string;
  readonly operation: Operation;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: TSchema | undefined;
  /** The body the document shows. */
  readonly example: unknown;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Reads the OpenAPI document of a running server: every path and method of it is a call. */
export async function documentedCalls(url: string): Promise<DocumentedCall[]> {
  const document = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as Json;
  return Object.entries(document['paths'] as Json).flatMap(([path, entry]) =>
    METHODS.flatMap((method) => {
      const described = (entry as Json)[method] as Json | undefined;
      return described === undefined ? [] : [callOf(document, path, described)];
    }),
  );
}

function callOf(document: Json, path: string, described: Json): DocumentedCall {
  const id = described['operationId'] as string;
  const operation = Object.values<Operation>(operations).find((one) => one.id === id.replace(/Alias\d*$/, ''));
  if (operation === undefined) throw new Error(`${id} is no operation of the contract`);
  const parameters = resolved(document, described['parameters'] ?? []) as (Omit<Parameter, 'in'> & { in: string })[];
  const content = (resolved(document, described['requestBody']) as Json | undefined)?.['content'] as Json | undefined;
  const media = content?.['application/json'] as { schema: TSchema; example?: unknown } | undefined;
  return {
    id,
    operation,
    path,
    parameters: parameters.filter((one): one is Parameter => one.in === 'path' || one.in === 'query'),
    body: media?.schema,
    example: media?.example,
  };
}

/** A part of the document with what it refers to in place of the references. */
function resolved(document: Json, part: unknown): unknown {
  if (Array.isArray(part)) return part.map((one) => resolved(document, one));
  if (typeof part !== 'object' || part === null) return part;
  const { $ref: reference } = part as { $ref?: unknown };
  if (typeof reference !== 'string') {
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, resolved(document, inner)]));
  }
  const target = reference
    .split('/')
    .slice(1)
    .reduce<unknown>((place, name) => (place as Json)[name], document);
  return resolved(document, target);
}
