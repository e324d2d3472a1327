/** Limits of the protocol, as clients expect them. */
export const limits = {
  frameBytes: 65_536,
  queueBytes: 1_048_576,
  channels: 128,
  channelLength: 255,
  pingSeconds: 25,
  pongMs: 8_000,
  staleMs: 10_000,
  errorLingerMs: 5_000,
  /** For the answer to a close frame; one that takes too little too slowly has longer to come to it. */
  closeLingerMs: 5_000,
  slowLingerMs: 30_000,
  /** What may still come from a client that was sent away, which was on its way already. */
  bytesAfterEnd: 65_536,
  /** What may still come from a client whose frames are not read any more, so that it hears why. */
  bytesAfterFault: 1_048_576,
  /** Publications a recovery of a channel may bring, and bytes that all of a connect may: beyond, clients catch up another way. */
  recoveryCount: 300,
  recoveryBytes: 900 * 1024,
  /** Frames and bytes of a connection that wait for the command before them: with more its socket is not read. */
  waitingFrames: 64,
  waitingBytes: 65_536,
  /** Frames that waiting ones may become by what was read already: who sends so many so small ones is sent away. */
  mostFrames: 2_048,
  /** Commands of a connection that are done before others have their turn. */
  commandsInARow: 32,
  /** Commands of a connection that may be refused as too many before it is sent away. */
  refusals: 100,
  /** Bytes that wait to be taken by all clients together: with more those with the longest queues are let go. */
  queuedBytes: 128 * 1024 * 1024,
} as const;
