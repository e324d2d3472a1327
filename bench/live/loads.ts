import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, residentBytes } from '../support/process.ts';
import { callRequest, connectLive, occurrences, openMany, openSocket } from '../support/wire.ts';
import type { LiveServer } from './servers.ts';

/** Processor time of one thing that was done, microseconds: of the server, and of the backend it asks. */
export interface Cost {
  readonly server: number;
  readonly backend: number;
}

const DATA = { event: 'chatMessageCreated', data: { body: 'x'.repeat(150) } };
const PUSHES = Buffer.from('"push"');
const PUBLICATIONS = Buffer.from('"event"');
/** Publications that a client who comes back has missed. */
const MISSED = 10;
/** Calls, and connects, that are under way at a time. */
const CALLERS = 8;
const CONNECTING = 32;
const IDLE = 5_000;

/** Publications that nobody hears, one a call: what a call costs by itself. */
export async function publication(server: LiveServer, seconds: number): Promise<Cost> {
  const cost = costOf(server);
  return cost(await publishFor(server, 100, 0, seconds));
}

/** Deliveries with one publication a call, to so many subscribers of each channel, for so many seconds. */
export async function delivery(server: LiveServer, subscribers: number, seconds: number): Promise<Cost> {
  const channels = Math.max(1, Math.floor(100 / subscribers));
  const sockets = await openNamed(server, channels * subscribers, (index) => `d${subscribers}-${index % channels}`);
  let received = 0;
  for (const socket of sockets) socket.on('data', (chunk: Buffer) => (received += occurrences(chunk, PUSHES)));
  const cost = costOf(server);
  const called = await publishFor(server, channels, subscribers, seconds);
  const expected = called * subscribers;
  for (let waited = 0; received < expected && waited < 1_000; waited++) await sleep(10);
  if (received !== expected) throw new Error(`${received} of ${expected} publications were delivered`);
  const figures = cost(expected);
  for (const socket of sockets) socket.destroy();
  return figures;
}

async function publishFor(server: LiveServer, channels: number, subscribers: number, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let called = 0;
  const caller = async (): Promise<void> => {
    const call = await openCaller(server);
    while (performance.now() < end) await call(`d${subscribers}-${called++ % channels}`);
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return called;
}

/** Clients that connect and leave, for so many seconds; where `missed`, they recover what they missed. */
export async function connects(server: LiveServer, missed: boolean, seconds: number): Promise<Cost> {
  const names = Array.from({ length: 100 }, (_, index) => `${missed ? 'r' : 'c'}-${index}`);
  const places = missed ? await fill(server, names) : undefined;
  const end = performance.now() + seconds * 1000;
  let connected = 0;
  const cost = costOf(server);
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const name = names[connected++ % names.length] ?? '';
      const { socket, reply } = await open(server, name, places?.get(name));
      const brought = occurrences(reply, PUBLICATIONS);
      if (brought !== (missed ? MISSED : 0)) throw new Error(`a client got ${reply.toString()}`);
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: CONNECTING }, one));
  return cost(connected);
}

/** Publishes what is missed into each channel; answers where clients stood before. */
async function fill(server: LiveServer, names: readonly string[]): Promise<Map<string, Place>> {
  const call = await openCaller(server);
  const places = new Map<string, Place>();
  for (const name of names) {
    const { offset, epoch } = await call(name);
    places.set(name, { offset, epoch });
    for (let count = 0; count < MISSED; count++) await call(name);
  }
  return places;
}

/** Resident memory of a connection that says nothing, bytes. */
export async function idleBytes(server: LiveServer): Promise<number> {
  const warm = await openNamed(server, 200, (index) => `w-${index}`);
  await sleep(500);
  const before = residentBytes(server.pid);
  const sockets = await openNamed(server, IDLE, (index) => `i-${index}`);
  await sleep(2000);
  const after = residentBytes(server.pid);
  for (const socket of [...warm, ...sockets]) socket.destroy();
  return (after - before) / IDLE;
}

/** Where a client stands in a stream. */
interface Place {
  readonly offset: number;
  readonly epoch: string;
}

function open(server: LiveServer, name: string, place?: Place): Promise<{ socket: Socket; reply: Buffer }> {
  const channel = `bench:${name}`;
  const subs = place === undefined ? {} : { subs: { [channel]: { recover: true, ...place } } };
  return connectLive(server.port, server.path, { data: { channel }, ...subs });
}

function openNamed(server: LiveServer, count: number, name: (index: number) => string): Promise<Socket[]> {
  return openMany(count, async (index) => (await open(server, name(index))).socket);
}

/** A connection that publishes one call after another; each answers where its publication stands. */
async function openCaller(server: LiveServer): Promise<(name: string) => Promise<Place>> {
  const socket = await openSocket(server.port);
  return async (name) => {
    const answered = once(socket, 'data');
    socket.write(callRequest('POST', '/api/publish', JSON.stringify({ channel: `bench:${name}`, data: DATA })));
    const [answer] = (await answered) as [Buffer];
    const text = answer.toString();
    return (JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as { result: Place }).result;
  };
}

/** Measures from now on; answers the cost of each of so many things. */
function costOf({ pid, backendPid }: LiveServer): (count: number) => Cost {
  const used = (): [number, number] => [cpuSeconds(pid), backendPid === undefined ? 0 : cpuSeconds(backendPid)];
  const [server, backend] = used();
  return (count) => {
    const [serverNow, backendNow] = used();
    return { server: ((serverNow - server) / count) * 1e6, backend: ((backendNow - backend) / count) * 1e6 };
  };
}
