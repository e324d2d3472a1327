import { widgetChannel, WIDGET_NAMESPACE } from '@molva/contract';
import type { CommittedEvent } from '../../platform/announcer.ts';

/** Where the event logs of sessions are read. */
export interface EventLog {
  ends(sessionIds: readonly string[]): Promise<ReadonlyMap<string, { lastEventSeq: number; epoch: string }>>;
  after(places: ReadonlyMap<string, number>, limit: number): Promise<ReadonlyMap<string, readonly CommittedEvent[]>>;
  ahead(places: ReadonlyMap<string, number>): Promise<readonly string[]>;
  beginAnew(): Promise<boolean>;
  inChat(sessionIds: readonly string[], chatId: string): Promise<readonly string[]>;
}

/** Channels that are looked for at a time. */
const LOOKED_FOR = 500;

/** The event logs as the streams of channels: `eventSeq` is the offset. */
export class ChannelStreams {
  readonly #events: EventLog;

  constructor(events: EventLog) {
    this.#events = events;
  }

  /** Where streams end, and the names of their lives; one that does not exist is left out. */
  async ends(channels: readonly string[]): Promise<ReadonlyMap<string, { offset: number; epoch: string }>> {
    const found = await this.#events.ends(channels.map(sessionOf));
    return new Map(
      [...found].map(([id, { lastEventSeq, epoch }]) => [widgetChannel(id), { offset: lastEventSeq, epoch }]),
    );
  }

  /** Whether any of the offsets is beyond the end of its stream. */
  async anyAhead(offsets: ReadonlyMap<string, number>): Promise<boolean> {
    const places = new Map([...offsets].map(([channel, offset]) => [sessionOf(channel), offset]));
    return (await this.#events.ahead(places)).length > 0;
  }

  /** Those of some channels whose sessions are of a chat, a part at a time. */
  async *inChat(channels: readonly string[], chatId: string): AsyncGenerator<string> {
    for (let at = 0; at < channels.length; at += LOOKED_FOR) {
      const ids = channels.slice(at, at + LOOKED_FOR).map(sessionOf);
      for (const id of await this.#events.inChat(ids, chatId)) yield widgetChannel(id);
    }
  }

  /** Gives all streams another epoch; whether it was this call that did. */
  beginAnew(): Promise<boolean> {
    return this.#events.beginAnew();
  }

  /** What follows an offset in each stream, in order, at most `limit` of each: one query for all. */
  async after(
    offsets: ReadonlyMap<string, number>,
    limit: number,
  ): Promise<ReadonlyMap<string, readonly CommittedEvent[]>> {
    const places = new Map([...offsets].map(([channel, offset]) => [sessionOf(channel), offset]));
    const found = await this.#events.after(places, limit);
    return new Map([...found].map(([id, events]) => [widgetChannel(id), events]));
  }
}

function sessionOf(channel: string): string {
  return channel.slice(WIDGET_NAMESPACE.length + 1);
}
