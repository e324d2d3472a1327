import type { DocsTexts } from './texts.ts';
import type { Reference, Schema } from './schema.ts';

/** Who may call; the document says it in `x-access`. */
export type Access = 'open' | 'credentials' | 'holder' | 'user' | 'admin';

/** A parameter of a call. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly required: boolean;
  readonly schema: Schema;
  readonly example?: unknown;
}

/** What a body is, by its media type. */
export type MediaTypes = Readonly<
  Record<string, { schema: Schema; example?: unknown; examples?: Readonly<Record<string, unknown>> }>
>;

/** An answer of a call. */
export interface Response {
  readonly description: string;
  readonly content?: MediaTypes;
}

/** A call of an OpenAPI document; what the server calls itself has no access. */
export interface Operation {
  readonly operationId: string;
  readonly deprecated?: boolean;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly 'x-access'?: Access;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: MediaTypes };
  readonly responses: Readonly<Record<string, Response | Reference>>;
  readonly callbacks?: Readonly<Record<string, Readonly<Record<string, Reference>>>>;
}

/** What the page reads of an OpenAPI document. */
export interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly [{ readonly url: string }];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, { readonly post: Operation }>>;
}

/** A call with its address. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Every call, in the order of the document. */
export function callsOf({ paths }: OpenApi): Call[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** Whether a call is refused without a token, in a word and for the eye. */
export function accessOf(
  { 'x-access': access }: Operation,
  texts: DocsTexts,
): { readonly word: string; readonly lock: 'open' | 'closed' } | undefined {
  if (access === undefined) return undefined;
  return { word: texts[access], lock: access === 'open' || access === 'credentials' ? 'open' : 'closed' };
}
