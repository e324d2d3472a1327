import { STREAM_BYTES, type CommittedEvent } from '../../platform/announcer.ts';
import type { Elapsed, Timer } from '../../platform/clock.ts';
import { faultLevel, type Log } from '../../platform/log.ts';
import type { LiveFigures } from '../../platform/figures.ts';
import type { ChannelStreams } from './streams.ts';

/** Where a relay's events leave. */
export interface Outlet {
  /** Channels that somebody has. */
  channels(): Iterable<string>;
  /** Whether somebody has a channel. */
  holds(channel: string): boolean;
  /** The offset of what left last; undefined where nobody has the channel, or the end of its stream is being asked. */
  position(channel: string): number | undefined;
  /** Lets an event out after those before it; one that has left already is dropped. */
  publish(channel: string, event: CommittedEvent): void;
  /** Sends away whoever has a channel: they come back and are told where its stream stands. */
  lose(): void;
}

/** What a relay needs. */
export interface RelayPorts {
  readonly outlet: Outlet;
  readonly streams: Pick<ChannelStreams, 'after' | 'anyAhead' | 'beginAnew'>;
  /** The database has gone back: what was read of it before is void. */
  readonly wentBack: () => void;
  readonly time: Elapsed;
  readonly log: Log;
}

/** Channels, events of all and events of one that are read at once. */
const CHANNELS = 256;
const EVENTS = 2_000;
const EVENTS_OF_ONE = 300;
/** How long a word of more than the log has is believed: a statement may still be at its commit. */
const BELIEVED_MS = 5_000;
const SHORTEST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;
/** Each sweep compares a part of the channels: all in five seconds, one that came meanwhile in the next five. */
const SWEEP_MS = 1_000;
const SWEEPS = 5;

/** How far a channel is said to go, and until when that is believed. */
interface Wish {
  readonly offset: number;
  readonly until: number;
}

/**
 * Brings the event logs to the channels that somebody has, each in order from its position. What comes in its turn
 * leaves at once, from memory. Whoever knows of more says `wake`: the channels behind are read together, one reading
 * at a time, and words about one channel merge. Nothing has to be remembered beyond the positions, so nothing can be
 * forgotten: a slow sweep compares them all.
 */
export class Relay implements AsyncDisposable {
  readonly #ports: RelayPorts;
  readonly #wishes = new Map<string, Wish>();
  /** The wishes that are read next; the others wait. */
  readonly #due = new Set<string>();
  /** Channels that may be beyond the end of their log, as after a database that has gone back. */
  readonly #toCompare = new Set<string>();
  #toSweep: string[] = [];
  #sweeps = 0;
  #relayed = 0;
  #failures = 0;
  #running: Promise<void> | undefined;
  /** Readings in a row that failed. After one the next waits for its time, whoever asks. */
  #failed = 0;
  #held = false;
  /** Readings since somebody last said a new word. */
  #looks = 0;
  #everything = false;
  #next: Timer | undefined;
  #sweeping: Timer | undefined;
  #stopped = false;

  constructor(ports: RelayPorts) {
    this.#ports = ports;
    this.#sweepLater();
  }

  get figures(): Pick<LiveFigures, 'behind' | 'relayed' | 'relayFailures'> {
    return { behind: this.#wishes.size, relayed: this.#relayed, relayFailures: this.#failures };
  }

  /** Lets an event out that is committed, if it is its turn; else the log is read up to it. */
  publish(channel: string, event: CommittedEvent): void {
    const { outlet } = this.#ports;
    const position = outlet.position(channel);
    // A channel whose stream's end is being asked keeps what comes meanwhile.
    if (position === undefined && !outlet.holds(channel)) return;
    if (position !== undefined && event.eventSeq <= position) {
      // A repeat, or the first that happens in a database that has gone back.
      this.#toCompare.add(channel);
      this.#start();
      return;
    }
    const inTurn = position === undefined || event.eventSeq === position + 1;
    if (!inTurn || !this.#letOut(channel, event)) this.wake(channel, event.eventSeq);
  }

  /** Says that a stream reaches an offset, or may in a moment. */
  wake(channel: string, offset: number): void {
    const { outlet, time } = this.#ports;
    const position = outlet.position(channel);
    if (position === undefined ? !outlet.holds(channel) : offset <= position) return;
    this.#wish(channel, { offset, until: time.elapsed() + BELIEVED_MS });
    this.#start();
  }

  /** Says that something may have been missed anywhere, and that the database answers. */
  wakeAll(): void {
    this.#held = false;
    // Connections may break one after another: all is compared once for many of them.
    this.#everything = true;
    this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#next?.cancel();
    this.#sweeping?.cancel();
    await this.#running;
  }

  #look(channels: Iterable<string>): void {
    for (const channel of channels) {
      this.#toCompare.add(channel);
      this.#wish(channel, { offset: 0, until: 0 });
    }
    this.#start();
  }

  #wish(channel: string, { offset, until }: Wish): void {
    const before = this.#wishes.get(channel);
    this.#due.add(channel);
    this.#wishes.set(channel, {
      offset: Math.max(offset, before?.offset ?? 0),
      until: Math.max(until, before?.until ?? 0),
    });
    if (until > 0) this.#looks = 0;
  }

  #start(): void {
    if (this.#running !== undefined || this.#held || this.#stopped) return;
    if (this.#due.size === 0 && this.#toCompare.size === 0) return;
    this.#next?.cancel();
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#wishes.size > 0 && !this.#stopped) this.#startLater();
    });
  }

  /** What is left is tried again: at first soon, then slower. */
  #startLater(): void {
    const wait = SHORTEST_WAIT_MS * 2 ** Math.max(this.#failed, this.#looks++);
    this.#next = this.#ports.time.setTimeout(
      () => {
        this.#held = false;
        this.#dueAll();
        this.#start();
      },
      Math.min(wait, LONGEST_WAIT_MS),
    );
  }

  #dueAll(): void {
    for (const channel of this.#wishes.keys()) this.#due.add(channel);
  }

  async #run(): Promise<void> {
    try {
      if (this.#toCompare.size > 0) await this.#compare();
      while (this.#due.size > 0 && !this.#stopped) {
        const channels = [...this.#due].slice(0, CHANNELS);
        for (const channel of channels) this.#due.delete(channel);
        await this.#fill(channels);
      }
      this.#failed = 0;
    } catch (error) {
      this.#failed++;
      this.#held = true;
      this.#dueAll();
      this.#complain(error, 'the event log cannot be read');
    }
  }

  /** Positions never go backward: where one is beyond its log, all streams begin anew. */
  async #compare(): Promise<void> {
    const { outlet, streams, log, wentBack } = this.#ports;
    const positions = [...this.#toCompare].map((channel) => [channel, outlet.position(channel)] as const);
    const offsets = new Map(positions.flatMap(([channel, at]) => (at === undefined ? [] : [[channel, at] as const])));
    if (offsets.size > 0 && (await streams.anyAhead(offsets))) {
      if (await streams.beginAnew())
        log.error('the database has gone back: streams begin anew, pages load what it has');
      wentBack();
      outlet.lose();
    }
    for (const [channel] of positions) this.#toCompare.delete(channel);
  }

  async #fill(channels: readonly string[]): Promise<void> {
    const { outlet, streams } = this.#ports;
    const from = new Map<string, number>();
    for (const channel of channels) {
      const position = outlet.position(channel);
      if (position !== undefined) from.set(channel, position);
      else if (!outlet.holds(channel)) this.#wishes.delete(channel);
    }
    if (from.size === 0) return;
    const limit = Math.min(EVENTS_OF_ONE, Math.floor(EVENTS / from.size));
    const share = Math.floor(STREAM_BYTES / from.size);
    const found = await streams.after(from, limit);
    for (const [channel, position] of from) {
      const events = found.get(channel) ?? [];
      this.#relayed += events.length;
      if (!events.every((event) => this.#letOut(channel, event))) continue;
      const bytes = events.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
      if (events.length < limit && bytes < share) this.#settle(channel);
      else if ((outlet.position(channel) ?? 0) > position) this.#due.add(channel);
    }
  }

  /** The end of the log was seen: done, unless more is said to come. */
  #settle(channel: string): void {
    const wish = this.#wishes.get(channel);
    const { outlet, time } = this.#ports;
    const reached = (outlet.position(channel) ?? 0) >= (wish?.offset ?? 0);
    if (reached || time.elapsed() >= (wish?.until ?? 0)) this.#wishes.delete(channel);
  }

  #letOut(channel: string, event: CommittedEvent): boolean {
    try {
      this.#ports.outlet.publish(channel, event);
      return true;
    } catch (error) {
      this.#complain(error, 'an event could not be delivered');
      return false;
    }
  }

  #complain(error: unknown, message: string): void {
    this.#failures++;
    this.#ports.log[faultLevel(error, 'warn')]({ error }, `${message} and is tried again`);
  }

  #sweepLater(): void {
    this.#sweeping = this.#ports.time.setTimeout(() => {
      this.#sweeps = (this.#sweeps + 1) % SWEEPS;
      if (this.#sweeps === 0 || this.#everything) this.#toSweep = [...this.#ports.outlet.channels()];
      const share = this.#everything ? 1 : SWEEPS - this.#sweeps;
      this.#everything = false;
      this.#look(this.#toSweep.splice(0, Math.ceil(this.#toSweep.length / share)));
      this.#sweepLater();
    }, SWEEP_MS);
  }
}
