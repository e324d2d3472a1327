/** How long is waited for a caller, in milliseconds: nobody holds a connection for ever by doing nothing. */
export const WAITS = {
  /** For the whole of a call to come in: a large file over a slow line is one that takes long. */
  call: 3_600_000,
  /** For its headers. */
  headers: 60_000,
  /** For the whole of a JSON body. */
  json: 60_000,
  /** For the next bytes of a streamed body, while somebody wants them. */
  body: 30_000,
  /** For the next bytes of an answer to be made, or to be taken. */
  answer: 60_000,
  /** For the rest of a body that nobody wants any more, so that the caller comes to read its answer. */
  rest: 5_000,
  /** For calls under way when the server stops; who supervises it seldom waits longer. */
  stop: 10_000,
} as const;
