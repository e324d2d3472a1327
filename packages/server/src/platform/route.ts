import type { BodyOf, Operation, ParamsOf, QueryOf, StreamedBody } from '@molva/contract';
import type { Content, FormPart } from './streams.ts';

/** Who calls, as far as the call proved it. */
export interface Caller {
  /** The user of a valid token or API key, with the roles it has here and now. */
  readonly user: {
    readonly id: number;
    readonly companyId: number;
    readonly roles: readonly string[];
    /** The API key it came with, where it did. */
    readonly apiKeyId?: string;
  } | null;
  /** The bearer text that is no user's token: a session token, checked by who knows the session. */
  readonly sessionToken: string | null;
  /** A signed identity, checked by who knows the chat, and when it was shown, in milliseconds. */
  readonly identity?: { readonly token: string; readonly at: number };
  readonly address: string;
  readonly userAgent: string | null;
}

/** Whoever may hold a session, by what it shows for it. */
export type Holder = Pick<Caller, 'user' | 'sessionToken' | 'identity'>;

type Streamed<T extends StreamedBody['type']> = { readonly consumes: { readonly type: T } };
/**
 * The body of a call: parsed JSON, or what the operation consumes as it comes. Reading a stream waits for the caller, and
 * fails with a `Failure` where it is too large, too late, broken or cut off.
 */
export type ReceivedBody<O extends Operation> =
  O extends Streamed<'multipart/form-data'>
    ? AsyncIterable<FormPart>
    : O extends Streamed<'application/octet-stream'>
      ? AsyncIterable<Uint8Array>
      : BodyOf<O>;

/** A parsed call of an operation. */
export interface Call<O extends Operation> {
  readonly params: ParamsOf<O>;
  readonly query: QueryOf<O>;
  readonly body: ReceivedBody<O>;
  readonly caller: Caller;
  readonly header: (name: string) => string | undefined;
}

/** The answer of a call: JSON, a content, or nothing. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Bytes in place of `body`, from which the caller may pick by the conditions and the range of its call. */
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An operation with the code that serves it. */
export interface Route {
  readonly operation: Operation;
  readonly serve: (call: Call<Operation>) => Promise<Answer>;
}

/** Joins an operation and its handler; the handler sees the operation's own types. */
export function route<const O extends Operation>(operation: O, serve: (call: Call<O>) => Promise<Answer>): Route {
  return { operation, serve: serve as unknown as Route['serve'] };
}

/** 200 with a body. */
export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** 200 with a content, or what the caller's conditions make of it. */
export function streamed(content: Content): Answer {
  return { status: 200, content };
}

/** 201 with a body. */
export function created(body: unknown): Answer {
  return { status: 201, body };
}

/** 204: done, nothing to say. */
export const done: Answer = { status: 204 };

/** Whether a caller has the rights of an administrator here and now. */
export function isAdmin(user: Pick<NonNullable<Caller['user']>, 'roles'>): boolean {
  return user.roles.includes('ADMIN');
}

/** The user of a call to an operation that needs one; `access` has seen to it. */
export function userOf(call: Call<Operation>): NonNullable<Caller['user']> {
  if (call.caller.user === null) throw new Error(`${call.caller.address} reached a user's call without a user`);
  return call.caller.user;
}
