import { limits } from './limits.ts';
import { Payload, type Value } from './protocol/values.ts';
import type { SharedSource } from './shared-source.ts';
import { hears } from './subscription.ts';
import type { StreamPosition, StreamPublication } from './types.ts';

/** The position from which a client asks to recover a channel in `connect.subs`; missing values count as 0 and "". */
export function requestedRecovery(request: unknown): StreamPosition | undefined {
  const { recover, offset, epoch } = (request ?? {}) as { recover?: unknown; offset?: unknown; epoch?: unknown };
  if (recover !== true) return undefined;
  return { offset: typeof offset === 'number' ? offset : 0, epoch: typeof epoch === 'string' ? epoch : '' };
}

/** Publications that are read before their bytes are looked at, and what each costs beside its data. */
const READ_AT_ONCE = 100;
const ENVELOPE_BYTES = 32;

/** The bytes that a reply has left for what its channels recover. */
export interface RecoveryRoom {
  bytes: number;
}

/** A subscription's part of the connect reply, and the offset up to which it brings everything. */
export interface SubscribeOutcome {
  readonly result: Value;
  readonly upTo: number;
}

/**
 * The result of a subscription: with a recovery that reaches the end of the stream the missed publications, exactly
 * the client's offset + 1 up to the end; otherwise none and the current position. Never a part. What it brings is taken
 * off the room of the reply.
 */
export async function subscribeResult(
  channel: string,
  source: SharedSource,
  position: StreamPosition,
  asked: StreamPosition | undefined,
  audiences: readonly string[],
  room: RecoveryRoom = { bytes: limits.recoveryBytes },
): Promise<SubscribeOutcome> {
  const base = { recoverable: true, positioned: true, epoch: position.epoch };
  if (asked === undefined) return { result: { ...base, offset: position.offset }, upTo: position.offset };
  const missed = await missedPublications(channel, source, position, asked, room);
  if (missed === undefined) {
    return { result: { ...base, offset: position.offset, was_recovering: true }, upTo: position.offset };
  }
  const publications = missed
    .filter(({ audience }) => hears(audiences, audience))
    .map(({ data, offset }) => ({ data: new Payload(data.replaceAll('\n', ' ')), offset }));
  const result = { ...base, offset: asked.offset, was_recovering: true, recovered: true, publications };
  return { result, upTo: missed.at(-1)?.offset ?? asked.offset };
}

async function missedPublications(
  channel: string,
  source: SharedSource,
  position: StreamPosition,
  asked: StreamPosition,
  room: RecoveryRoom,
): Promise<readonly StreamPublication[] | undefined> {
  const count = position.offset - asked.offset;
  const sameStream = asked.epoch === '' || asked.epoch === position.epoch;
  if (!sameStream || count < 0 || count > limits.recoveryCount) return undefined;
  const missed: StreamPublication[] = [];
  let { bytes } = room;
  while (missed.length < count) {
    const since = asked.offset + missed.length;
    const read = await source.read(channel, since, Math.min(count - missed.length, READ_AT_ONCE));
    if (read.length === 0) return undefined;
    for (const publication of read) {
      bytes -= Buffer.byteLength(publication.data) + ENVELOPE_BYTES;
      if (bytes < 0 || publication.offset !== asked.offset + missed.length + 1) return undefined;
      missed.push(publication);
    }
  }
  room.bytes = bytes;
  return missed;
}
