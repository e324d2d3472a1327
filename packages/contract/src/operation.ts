import type { Static, TObject, TSchema } from 'typebox';
import type { ErrorCode } from './errors.ts';

/**
 * Who may call: `open` needs nothing (a valid token is accepted, a broken one refused), `holder` needs to hold the
 * session named in the path or a user's token, `user` needs a user's token, `admin` one with the role ADMIN.
 * `credentials` takes no token for a proof: that is the body. A login may bring an earlier one, as the mark of a device.
 */
export type Access = 'open' | 'credentials' | 'holder' | 'user' | 'admin';

/** A body that is read as it comes and never held whole: the parts of a form in their order, or bytes. */
export interface StreamedBody {
  readonly type: 'multipart/form-data' | 'application/octet-stream';
  /** Most bytes of the body, the dress of a form's parts with them. */
  readonly limit: number;
}

/** An answer that is sent as it is made: a table, or a file, whose own type stands in `Content-Type`. */
export type StreamedAnswer = 'text/csv' | 'application/octet-stream';

/** One call of the HTTP API as data: what validates is what is documented. */
export interface Operation {
  /** Name in the OpenAPI document, unique. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the API base, parameters in braces: `/chats/{chatId}/sessions`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: TObject;
  readonly query?: TObject;
  /** Of a form: its fields by their names, and its files as `FileBytes`. */
  readonly body?: TSchema;
  /** What the body is, where it is not JSON. */
  readonly consumes?: StreamedBody;
  /** What the answer is, where it is not JSON. A GET is then answered to HEAD as well. */
  readonly produces?: StreamedAnswer;
  /** Answer schema by success status. */
  readonly answers: Readonly<Record<number, TSchema>>;
  /** Failures of its own, beyond those that follow from `access`, `params`, `query` and `body`. */
  readonly errors?: readonly ErrorCode[];
  /** A body that works, for the documents. */
  readonly example?: unknown;
  /** The last path parameter takes the rest of the path, slashes too: existing clients send it unescaped. */
  readonly takesRest?: true;
  /** Also served under these paths. */
  readonly aliases?: readonly string[];
  /** The documented bases it answers under besides `/api/v1`. */
  readonly service: 'chats' | 'bot' | 'iam';
}

/** Whether a call is kept in the audit log: every administrative change is. */
export function isAudited(operation: Operation): boolean {
  return operation.access === 'admin' && operation.method !== 'GET';
}

/** Whether a call answers a list, which takes as long as it has much to go through. */
export function isList({ query }: Pick<Operation, 'query'>): boolean {
  return query !== undefined && 'withoutCount' in query.properties;
}

/** Keeps an operation's exact types. */
export function defineOperation<const O extends Operation>(operation: O): O {
  return operation;
}

type StaticOf<S> = S extends TSchema ? Static<S> : undefined;
/** Parsed path parameters of an operation. */
export type ParamsOf<O extends Operation> = StaticOf<O['params']>;
/** Parsed query of an operation. */
export type QueryOf<O extends Operation> = StaticOf<O['query']>;
/** Parsed body of an operation. */
export type BodyOf<O extends Operation> = StaticOf<O['body']>;
