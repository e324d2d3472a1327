import type { BodyOf, Operation, ParamsOf, QueryOf } from '@molva/contract';

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
  readonly address: string;
  readonly userAgent: string | null;
}

/** A parsed call of an operation. */
export interface Call<O extends Operation> {
  readonly params: ParamsOf<O>;
  readonly query: QueryOf<O>;
  readonly body: BodyOf<O>;
  readonly caller: Caller;
  readonly header: (name: string) => string | undefined;
}

/** The answer of a call; `body` undefined sends none. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
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

/** 201 with a body. */
export function created(body: unknown): Answer {
  return { status: 201, body };
}

/** 204: done, nothing to say. */
export const done: Answer = { status: 204 };

/** The user of a call to an operation that needs one; `access` has seen to it. */
export function userOf(call: Call<Operation>): NonNullable<Caller['user']> {
  if (call.caller.user === null) throw new Error(`${call.caller.address} reached a user's call without a user`);
  return call.caller.user;
}
