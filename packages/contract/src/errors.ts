import { Type, type Static } from 'typebox';
import { caps, capText, type CapName } from './caps.ts';

/** One failure as Molva names it: the HTTP status (also the code of a live error) and the public sentence. */
export interface ErrorEntry {
  readonly status: number;
  /** The `error` of the answer; short English, safe to show. */
  readonly message: string;
  /** What the caller can do; goes to the documentation, not onto the wire. */
  readonly remedy: string;
}

const capNames = Object.keys(caps) as CapName[];

/**
 * THE error table: every failure the HTTP API and the live RPCs can answer. The key is the stable code.
 * 401 is for missing, expired and invalid tokens, 403 for lack of rights alone. What a caller may not see is
 * answered exactly as what does not exist.
 */
export const errorTable = {
  'invalid-input': {
    status: 400,
    message: 'Invalid input parameters',
    remedy: 'Mend the fields named in `details`.',
  },
  'malformed-json': {
    status: 400,
    message: 'The body is not valid JSON',
    remedy: 'Send UTF-8 JSON with `Content-Type: application/json`.',
  },
  'malformed-form': {
    status: 400,
    message: 'The body is not a valid form',
    remedy: 'Send `multipart/form-data` with the boundary its header names, up to the closing one.',
  },
  'body-incomplete': {
    status: 400,
    message: 'The body ended before it was complete',
    remedy: 'Send it again: the connection was closed meanwhile.',
  },
  'scenario-invalid': {
    status: 400,
    message: 'The scenario has errors',
    remedy: 'Mend the blocks named in `details`: each entry has the block, the field and the reason.',
  },
  'not-authenticated': {
    status: 401,
    message: 'User is not authenticated',
    remedy: 'Send `Authorization: Bearer <token>` with a token from `POST /auth/login`.',
  },
  'token-expired': {
    status: 401,
    message: 'Token is expired.',
    remedy: 'Refresh the token with `POST /auth/refresh` and repeat the call.',
  },
  'token-invalid': {
    status: 401,
    message: 'The token is not valid',
    remedy: 'Log in again; the token is broken, foreign, or of a user that no longer exists.',
  },
  'wrong-credentials': {
    status: 401,
    message: 'Wrong e-mail or password',
    remedy:
      'Check both; after ten wrong passwords from one address an account rests there for 15 minutes, and longer for who goes on.',
  },
  'refresh-refused': {
    status: 401,
    message: 'The refresh token is not accepted',
    remedy: 'Log in again; a refresh token is good once and for 30 days.',
  },
  'session-token-refused': {
    status: 401,
    message: 'A valid session token is needed',
    remedy:
      'Begin anew with `PUT /chats/{chatId}/sessions`: the token is of this session, and was revoked or its session ended a day ago.',
  },
  'identity-refused': {
    status: 401,
    message: 'A valid identity token is needed',
    remedy:
      'Sign an identity token with the secret or a key of the chat and send it as `identityToken`: with `sub`, an `exp` at most `identityMaxAge` seconds ahead, and the `aud` the chat names.',
  },
  'permission-denied': {
    status: 403,
    message: 'Invalid user permissions',
    remedy: 'Ask an administrator of the company for the right.',
  },
  'client-banned': {
    status: 403,
    message: 'The client is banned',
    remedy: 'An administrator of the company can lift the ban.',
  },
  'entity-not-found': {
    status: 404,
    message: 'Entity not found',
    remedy:
      'Check the id, and the token where the chat verifies: what the caller may not reach looks the same as what does not exist.',
  },
  'path-not-found': {
    status: 404,
    message: 'There is nothing at this address',
    remedy: 'Check the path against `/docs`.',
  },
  'method-not-allowed': {
    status: 405,
    message: 'This method is not allowed here',
    remedy: 'Use a method of the `Allow` header.',
  },
  'request-late': {
    status: 408,
    message: 'The request did not come in time',
    remedy: 'Send it again without a rest; what is large may take an hour.',
  },
  'precondition-failed': {
    status: 412,
    message: 'It is not what the condition names',
    remedy: 'Ask again without `If-Match` and `If-Unmodified-Since`: it was changed meanwhile.',
  },
  'body-too-large': {
    status: 413,
    message: 'The body is too large',
    remedy: 'Send at most 256 KiB of JSON, or as much as the call says.',
  },
  'data-too-large': {
    status: 413,
    message: 'There would be too much data here',
    remedy:
      'Keep less: the variables, metadata and results of a session have at most 64 KiB together, the settings of a chat 256 KiB, those of a user or company 64 KiB, the attributes of a client 256 KiB.',
  },
  'range-not-satisfiable': {
    status: 416,
    message: 'There are no such bytes',
    remedy: 'Ask for a range within the length that `Content-Range` names.',
  },
  'headers-too-large': {
    status: 431,
    message: 'The address or the headers are too large',
    remedy: 'Keep both together below 16 KiB: ask for fewer ids or fields at once.',
  },
  'media-type-unsupported': {
    status: 415,
    message: 'This content type is not supported',
    remedy: 'Send `application/json`, or what the call says.',
  },
  'session-closed': {
    status: 422,
    message: 'The session is closed',
    remedy: 'Start a new one with `PUT /chats/{chatId}/sessions`.',
  },
  'too-many-sessions': {
    status: 422,
    message: 'A connection listens to at most 100 sessions',
    remedy: 'Open another connection for more.',
  },
  'cap-reached': {
    status: 422,
    message: 'There are as many of these as there may be',
    remedy: `Remove some that nobody needs. ${capNames.map((name) => `${capText(name)}.`).join(' ')}`,
  },
  'session-rated': {
    status: 422,
    message: 'The session is rated already',
    remedy: 'A rating can be changed for ten minutes.',
  },
  'start-key-used': {
    status: 422,
    message: 'The key was used for another start',
    remedy: 'Repeat a start as it was sent first, or send a fresh random UUID as its `Idempotency-Key`.',
  },
  'dialog-ended': {
    status: 422,
    message: 'The dialog has ended',
    remedy: 'Start a new one with `POST /dialogs`.',
  },
  'dialog-exists': {
    status: 422,
    message: 'There is a dialog with this id already',
    remedy: 'Leave `dialogId` out, or send a fresh random UUID.',
  },
  'voice-unsupported': {
    status: 422,
    message: 'Voice is not supported',
    remedy: 'Send `communicationType: "TEXT"`, or leave it out.',
  },
  'answer-late': {
    status: 422,
    message: 'Nobody waits for this answer',
    remedy: 'Answer within the time of the bot (`answerTimeout`); each question is answered once.',
  },
  'not-an-operator': {
    status: 422,
    message: 'This user cannot answer in sessions',
    remedy: 'Name a user with the role OPERATOR, SUPERVISOR or ADMIN who is not blocked.',
  },
  'operator-not-in-session': {
    status: 422,
    message: 'The operator does not take part in this session',
    remedy: 'Add the operator first with `PUT /sessions/{sessionId}/operators/{operatorId}`.',
  },
  'list-late': {
    status: 422,
    message: 'The list takes too long',
    remedy: 'Ask for less: name a span of time, a shorter page or fewer groups, or send `withoutCount=1`.',
  },
  'name-taken': {
    status: 422,
    message: 'The name is taken',
    remedy: 'Use the one there is, or another name.',
  },
  'email-taken': {
    status: 422,
    message: 'The e-mail address is taken',
    remedy: 'Every user of an installation has an address of its own.',
  },
  'last-administrator': {
    status: 422,
    message: 'A company needs an administrator',
    remedy: 'Make another user an administrator first.',
  },
  'upgrade-required': {
    status: 426,
    message: 'This address takes WebSocket connections',
    remedy: 'Open it with `ws://` or `wss://`; a proxy in between must pass the headers `Upgrade` and `Connection` on.',
  },
  'too-many-requests': {
    status: 429,
    message: 'Too many requests',
    remedy: 'Wait as many seconds as the `Retry-After` header says.',
  },
  internal: {
    status: 500,
    message: 'Server error',
    remedy: 'Repeat the call; the log has the cause under the request id of the `X-Request-Id` header.',
  },
  'database-away': {
    status: 503,
    message: 'The database is not available',
    remedy:
      'Repeat the call after as many seconds as the `Retry-After` header says, under the same key: it is done or not, and never in part.',
  },
  'no-room': {
    status: 503,
    message: 'The server has no room for this now',
    remedy:
      'Repeat the call after as many seconds as the `Retry-After` header says, under the same key: it is done or not, and never in part.',
  },
  'shutting-down': {
    status: 503,
    message: 'The server is shutting down',
    remedy: 'Repeat the call in a few seconds.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** The stable name of a failure. */
export type ErrorCode = keyof typeof errorTable;

/** Whether a failure of a status passes by itself: the same may succeed in a while, and its answer says when. */
export function passesByItself(status: number): boolean {
  return status === 429 || status === 503;
}

/** Reasons by field; `""` names the body itself. */
export type FieldProblems = Record<string, string[]>;

/**
 * The body of every failure. `details` is an object for 400 alone: the reasons by field, beside the stable `code`,
 * the same reasons under `fields`, and the `requestId`; everywhere else it is null. The code also travels in the
 * header `X-Error-Code`.
 */
export const ErrorBody = Type.Object({
  error: Type.String(),
  details: Type.Union([Type.Null(), Type.Record(Type.String(), Type.Unknown())]),
});
export type ErrorBody = Static<typeof ErrorBody>;
