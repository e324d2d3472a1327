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
  /** Publications a recovery may bring, and their bytes: beyond, clients catch up another way. */
  recoveryCount: 300,
  recoveryBytes: 900 * 1024,
} as const;
