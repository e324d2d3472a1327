/** How long is waited for a caller, in milliseconds: nobody holds a connection for ever by doing nothing. */
export const WAITS = {
  /** For the whole of a call to come in: a large file over a slow line is one that takes long. */
  call: 3_600_000,
  /** For its headers, and for the first byte of a connection. */
  headers: 20_000,
  /** How often those that are late are looked for. */
  look: 1_000,
  /** For the next call over a connection: longer than balancers keep theirs, which call over one that is being closed. */
  idle: 72_000,
  /** For the whole of a JSON body. */
  json: 30_000,
  /** For the next bytes of a streamed body, while somebody wants them. */
  body: 30_000,
  /** For the next bytes of a streamed answer to be made, or to be taken; for the whole of any other to be taken. */
  answer: 60_000,
  /** For the rest of a body that nobody wants any more, so that the caller comes to read its answer. */
  rest: 5_000,
  /** For who was sent away to read why and to hang up. */
  parting: 2_000,
  /** For calls under way when the server stops: half of what there is for all of a stop. */
  stop: 5_000,
} as const;
