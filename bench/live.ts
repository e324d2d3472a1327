import { connects, delivery, idleBytes, publication, type Cost } from './live/loads.ts';
import { spreadOf, type Spread } from './support/numbers.ts';
import { findCentrifugo, startCentrifugo, startEngine, type LiveServer, type StartLive } from './live/servers.ts';

const ROUNDS = 3;
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2);

/** What is measured of each server, for so many seconds. */
const LOADS: Readonly<Record<string, (server: LiveServer, seconds: number) => Promise<Cost>>> = {
  publicationUnheard: (server, seconds) => publication(server, seconds),
  deliveryToOne: (server, seconds) => delivery(server, 1, seconds),
  deliveryToThree: (server, seconds) => delivery(server, 3, seconds),
  deliveryToThousand: (server, seconds) => delivery(server, 1000, seconds),
  connect: (server, seconds) => connects(server, false, seconds),
  recovery: (server, seconds) => connects(server, true, seconds),
};

/** Microseconds of processor time, or KiB, of each load by what was measured; a backend's stand beside its server's. */
export type LiveFigures = Record<string, Record<string, Spread>>;

/** The embedded engine beside a real Centrifugo, in turns. */
export async function liveBench(): Promise<LiveFigures> {
  const centrifugo = findCentrifugo();
  if (centrifugo === undefined) process.stderr.write('there is no centrifugo: the engine is measured alone\n');
  const peer = centrifugo === undefined ? {} : { centrifugo: () => startCentrifugo(centrifugo) };
  return compareLive({ engine: () => startEngine(), ...peer });
}

/** Measures servers in turns: processor time when they have run for a while, memory of fresh ones. */
export async function compareLive(servers: Readonly<Record<string, StartLive>>): Promise<LiveFigures> {
  const rounds: Record<string, Record<string, number[]>> = {};
  const note = (figure: string, name: string, value: number): void => {
    ((rounds[figure] ??= {})[name] ??= []).push(value);
    process.stderr.write(`${figure} ${name} ${value.toFixed(1)}\n`);
  };
  await using running = new AsyncDisposableStack();
  const warm: (readonly [string, LiveServer])[] = [];
  for (const [name, start] of Object.entries(servers)) warm.push([name, running.use(await start())]);
  for (const [, server] of warm) for (const load of Object.values(LOADS)) await load(server, SECONDS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [figure, load] of Object.entries(LOADS)) {
      for (const [name, server] of warm) {
        const cost = await load(server, SECONDS);
        note(figure, name, cost.server);
        if (server.backendPid !== undefined) note(figure, `${name}Backend`, cost.backend);
      }
    }
    for (const [name, start] of Object.entries(servers)) {
      await using fresh = await start();
      note('idleConnectionKiB', name, (await idleBytes(fresh)) / 1024);
    }
  }
  return Object.fromEntries(
    Object.entries(rounds).map(([figure, byName]) => [
      figure,
      Object.fromEntries(Object.entries(byName).map(([name, values]) => [name, spreadOf(values, 1)])),
    ]),
  );
}
