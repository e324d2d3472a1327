import { beforeEach, expect, it } from 'vitest';
import { STREAM_BYTES, type CommittedEvent } from '../../platform/announcer.ts';
import { openLog } from '../../platform/log.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Relay, type Outlet } from './relay.ts';

const event = (eventSeq: number): CommittedEvent => ({ eventSeq, event: 'said', data: '{}', audience: null });

const LONG = 'x'.repeat(STREAM_BYTES);

/** Channels that somebody has: what left, and the offset of the last that did. */
class Channels implements Outlet {
  readonly left = new Map<string, number[]>();
  readonly positions = new Map<string, number | undefined>();
  failures = 0;
  lost = 0;

  have(channel: string, position: number | undefined): void {
    this.positions.set(channel, position);
    this.left.set(channel, []);
  }

  channels = (): Iterable<string> => this.positions.keys();
  holds = (channel: string): boolean => this.positions.has(channel);
  position = (channel: string): number | undefined => this.positions.get(channel);

  publish(channel: string, { eventSeq }: CommittedEvent): void {
    if (this.failures-- > 0) throw new Error('cannot deliver');
    const position = this.positions.get(channel);
    if (position !== undefined && eventSeq <= position) return;
    this.left.get(channel)?.push(eventSeq);
    this.positions.set(channel, eventSeq);
  }

  lose(): void {
    this.lost++;
    this.positions.clear();
  }
}

/** Event logs that go up to a place each, and how they were read. */
class Logs {
  readonly ends = new Map<string, number>();
  readonly readings: string[][] = [];
  failures = 0;
  /** Pages end after one event, which is as long as a page may be. */
  long = false;

  async after(places: ReadonlyMap<string, number>, limit: number): Promise<Map<string, CommittedEvent[]>> {
    this.readings.push([...places.keys()]);
    await Promise.resolve();
    if (this.failures-- > 0) throw new Error('no database');
    return new Map(
      [...places].map(([channel, from]) => {
        const count = Math.min(this.long ? 1 : limit, Math.max(0, (this.ends.get(channel) ?? 0) - from));
        return [channel, Array.from({ length: count }, (_, index) => this.#event(from + 1 + index))];
      }),
    );
  }

  async anyAhead(places: ReadonlyMap<string, number>): Promise<boolean> {
    return [...places].some(([channel, position]) => position > (this.ends.get(channel) ?? position));
  }

  beginAnew(): Promise<boolean> {
    return Promise.resolve(true);
  }

  #event(eventSeq: number): CommittedEvent {
    return this.long ? { ...event(eventSeq), data: LONG } : event(eventSeq);
  }
}

let outlet: Channels;
let streams: Logs;
let clock: FakeClock;
let relay: Relay;
beforeEach(() => {
  outlet = new Channels();
  streams = new Logs();
  clock = new FakeClock(1_000_000);
  relay = new Relay({ outlet, streams, wentBack: () => undefined, time: clock, log: openLog('silent', false) });
});

const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 10) {
    clock.advance(10);
    await settle();
  }
}

it('what comes in its turn leaves at once and nothing is read', async () => {
  outlet.have('a', 4);
  for (const seq of [5, 6, 6, 5]) relay.publish('a', event(seq));
  expect(outlet.left.get('a')).toEqual([5, 6]);
  relay.wake('a', 6);
  await settle();
  expect(streams.readings).toEqual([]);
});

it('what comes too early waits for the log, and leaves once', async () => {
  outlet.have('a', 4);
  streams.ends.set('a', 7);
  relay.publish('a', event(7));
  expect(outlet.left.get('a')).toEqual([]);
  await settle();
  expect(outlet.left.get('a')).toEqual([5, 6, 7]);
  relay.publish('a', event(8));
  expect(outlet.left.get('a')).toEqual([5, 6, 7, 8]);
  expect(streams.readings).toEqual([['a']]);
});

it('channels behind are read together, and words that come meanwhile merge', async () => {
  for (const channel of ['a', 'b', 'c']) {
    outlet.have(channel, 0);
    streams.ends.set(channel, 2);
  }
  for (let round = 1; round <= 2; round++) for (const channel of ['a', 'b', 'c']) relay.wake(channel, round);
  await settle();
  expect(streams.readings).toEqual([['a'], ['b', 'c']].map((reading) => expect.arrayContaining(reading)));
  expect([...outlet.left.values()]).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
});

it('a long absence is read by pages', async () => {
  outlet.have('a', 0);
  streams.ends.set('a', 1000);
  relay.wake('a', 1000);
  await settle();
  expect(outlet.left.get('a')).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  expect(streams.readings).toHaveLength(4);
});

it('a position beyond its log, as after a database that has gone back, sends all away to begin anew', async () => {
  outlet.have('a', 40);
  outlet.have('b', 7);
  streams.ends.set('a', 36);
  relay.publish('a', event(36));
  await settle();
  expect(outlet.lost).toBe(1);
});

it('a page that ends early, as its events are long, is not taken for the end', async () => {
  streams.long = true;
  outlet.have('a', 0);
  streams.ends.set('a', 3);
  relay.wake('a', 3);
  await settle();
  expect(outlet.left.get('a')).toEqual([1, 2, 3]);
});

it('a thousand channels are read some hundred at a time', async () => {
  for (let count = 0; count < 1000; count++) {
    outlet.have(`${count}`, 0);
    streams.ends.set(`${count}`, 3);
  }
  // However often somebody says so.
  for (let count = 0; count < 10; count++) relay.wakeAll();
  await pass(1000);
  expect([...outlet.left.values()]).toEqual(Array.from({ length: 1000 }, () => [1, 2, 3]));
  expect(streams.readings.map(({ length }) => length)).toEqual([256, 256, 256, 232]);
  expect(relay.figures).toEqual({ behind: 0, relayed: 3000, relayFailures: 0 });
});

it('a database that fails is asked ever slower, however many ask, and at last each has everything', async () => {
  outlet.have('a', 0);
  streams.ends.set('a', 1000);
  streams.failures = 8;
  for (let seq = 2; seq <= 300; seq++) {
    relay.publish('a', event(seq));
    await pass(10);
  }
  expect(streams.readings.length).toBeLessThan(9);
  await pass(3000);
  expect(outlet.left.get('a')).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  expect(relay.figures).toEqual({ behind: 0, relayed: 1000, relayFailures: 8 });
});

it('is not kept waiting once the database answers again', async () => {
  outlet.have('a', 0);
  streams.ends.set('a', 1);
  streams.failures = 1;
  relay.wake('a', 1);
  await settle();
  relay.wakeAll();
  await settle();
  expect(outlet.left.get('a')).toEqual([1]);
});

it('what could not be delivered is delivered from where it was', async () => {
  outlet.have('a', 0);
  outlet.have('b', 0);
  streams.ends.set('a', 2);
  outlet.failures = 2;
  relay.publish('a', event(1));
  relay.publish('b', event(1));
  await pass(200);
  expect(outlet.left.get('a')).toEqual([1, 2]);
  expect(relay.figures.relayFailures).toBe(2);
});

it('a word of more than the log has is believed for some seconds: its commit may be under way', async () => {
  outlet.have('a', 0);
  relay.wake('a', 2);
  await pass(2000);
  streams.ends.set('a', 2);
  await pass(1000);
  expect(outlet.left.get('a')).toEqual([1, 2]);

  relay.wake('a', 9);
  // The calendar has no part in it.
  clock.leap(-3_600_000);
  await pass(8000);
  expect(relay.figures.behind).toBe(0);
  expect(streams.readings.length).toBeLessThan(30);
});

it('nothing is kept for a channel that nobody has, or has no more', async () => {
  relay.publish('a', event(1));
  relay.wake('a', 9);
  expect(relay.figures.behind).toBe(0);
  outlet.have('a', 0);
  relay.wake('a', 9);
  outlet.positions.delete('a');
  await pass(100);
  expect(relay.figures.behind).toBe(0);
});

it('a channel whose stream is being asked for its end gets at once what comes, and is compared later', async () => {
  outlet.have('a', undefined);
  relay.publish('a', event(7));
  expect(outlet.left.get('a')).toEqual([7]);
  outlet.have('a', undefined);
  streams.ends.set('a', 8);
  relay.wake('a', 8);
  await settle();
  outlet.have('a', 6);
  await pass(200);
  expect(outlet.left.get('a')).toEqual([7, 8]);
});

it('every position is compared once in five seconds, though nobody says a word', async () => {
  for (let count = 0; count < 25; count++) outlet.have(`${count}`, 0);
  await pass(5000);
  streams.readings.length = 0;
  streams.ends.set('24', 1);
  await pass(5000);
  expect(streams.readings.flat().sort()).toEqual([...outlet.channels()].sort());
  expect(streams.readings.map(({ length }) => length)).toEqual([5, 5, 5, 5, 5]);
  expect(outlet.left.get('24')).toEqual([1]);
});
