import { errorTable, type ErrorCode, type FieldProblems } from '@molva/contract';
import type { Notice, NoticeDetails } from './notices.ts';

/** A notice with what it names. */
export interface Told {
  readonly notice: Notice;
  readonly details: NoticeDetails;
}

/**
 * An expected failure of a call: a code of the error table, with the reasons by field where it is the input's fault.
 * Everything else that is thrown is answered as `internal`.
 */
export class Failure extends Error {
  readonly code: ErrorCode;
  readonly fields: FieldProblems | null;
  readonly headers: Readonly<Record<string, string>>;
  /** What else the details of the answer name, as the place in a text. */
  readonly more: Readonly<Record<string, number>>;
  /** What whoever runs the server is told of it, where that is more than the answer of a call. */
  readonly told: Told | undefined;

  constructor(
    code: ErrorCode,
    fields: FieldProblems | null = null,
    headers: Record<string, string> = {},
    more: Record<string, number> = {},
    told?: Told,
  ) {
    super(errorTable[code].message);
    this.name = 'Failure';
    this.code = code;
    this.fields = fields;
    this.headers = headers;
    this.more = more;
    this.told = told;
  }

  /** HTTP status, and code of the live RPC error. */
  get status(): number {
    return errorTable[this.code].status;
  }
}

/** A 400 about one field. */
export function badField(field: string, reason: string): Failure {
  return new Failure('invalid-input', { [field]: [reason] });
}

/** The database cannot be had for now: the same call may succeed in a moment. */
export function databaseAway(): Failure {
  return new Failure('database-away', null, { 'retry-after': '2' });
}

/** Somebody asks for more than there is for one: the same may succeed after so many seconds. */
export function tooManyRequests(seconds: number): Failure {
  return new Failure('too-many-requests', null, { 'retry-after': String(seconds) });
}

/**
 * There is no room for a call now, in the process or on its machine: the same may succeed in a moment. Whoever answers it
 * tells the notice, which says what is full.
 */
export function noRoom(notice?: Notice, details: NoticeDetails = {}): Failure {
  return new Failure('no-room', null, { 'retry-after': '2' }, {}, notice && { notice, details });
}

/** What does not exist and what may not be seen look the same. */
export function notFound(): Failure {
  return new Failure('entity-not-found');
}
