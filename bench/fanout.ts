import { fileURLToPath } from 'node:url';
import { cpuSeconds, startNode, stop } from './support/process.ts';
import { occurrences, openLive, openMany } from './support/wire.ts';

const program = fileURLToPath(new URL('./fanout-server.ts', import.meta.url));
const DELIVERIES = 400_000;
const MARK = Buffer.from('"push"');

/** Figures of one width of fan-out. */
export interface FanoutFigures {
  readonly subscribersPerChannel: number;
  readonly deliveriesPerSecond: number;
  readonly cpuMicrosPerDelivery: number;
}

/** Live deliveries at several widths, published within the process, ten a tick. */
export async function fanoutBench(): Promise<{ widths: FanoutFigures[] }> {
  const widths: FanoutFigures[] = [];
  for (const subscribers of [1, 3, 1000]) {
    widths.push(await width(subscribers));
    process.stderr.write(`${JSON.stringify(widths.at(-1))}\n`);
  }
  return { widths };
}

async function width(subscribers: number): Promise<FanoutFigures> {
  const { child, match } = await startNode(['--conditions=source', program], {}, /port (\d+)/);
  const connections = Math.max(300, subscribers);
  const channels = Math.floor(connections / subscribers);
  const sockets = await openMany(channels * subscribers, (index) =>
    openLive(Number(match[1]), '/', { channel: `bench:${index % channels}` }),
  );
  const messages = Math.ceil(DELIVERIES / sockets.length);
  const expected = messages * sockets.length;
  let received = 0;
  const done = new Promise<void>((resolve) => {
    for (const socket of sockets) {
      socket.on('data', (chunk: Buffer) => {
        received += occurrences(chunk, MARK);
        if (received >= expected) resolve();
      });
    }
  });
  const pid = child.pid ?? 0;
  const [began, cpu] = [performance.now(), cpuSeconds(pid)];
  child.stdin?.write(`${channels} ${messages}\n`);
  await done;
  const seconds = (performance.now() - began) / 1000;
  const used = cpuSeconds(pid) - cpu;
  for (const socket of sockets) socket.destroy();
  await stop(child);
  return {
    subscribersPerChannel: subscribers,
    deliveriesPerSecond: Math.round(expected / seconds),
    cpuMicrosPerDelivery: Number(((used / expected) * 1e6).toFixed(2)),
  };
}
