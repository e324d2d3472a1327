import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { metricsServer } from '../http/metrics-door.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { Descriptors } from '../platform/descriptors.ts';
import type { DueRunner } from '../platform/due.ts';
import type { LiveFigures } from '../platform/figures.ts';
import type { Memory } from '../platform/memory.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { NodeLease } from '../platform/node-lease.ts';
import type { Notices } from '../platform/notices.ts';
import { listen } from './listening.ts';
import type { AppOptions } from './options.ts';

/** What figures are read of when they are asked for. */
interface Watched {
  readonly database: Database;
  readonly due: DueRunner;
  readonly lease: NodeLease;
  readonly memory: Memory;
  readonly live: { figures(): LiveFigures };
  readonly notices: Notices;
}

/** Lets the figures be read, and answers them where an address is named for them. Disposing closes it. */
export async function openFigures(
  { metrics: place, log }: AppOptions,
  metrics: Metrics,
  { database, due, lease, memory, live, notices }: Watched,
): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const descriptors = opened.use(new Descriptors(systemClock, log));
  metrics.watchDescriptors(() => descriptors.shortages);
  metrics.watchLive(() => live.figures());
  metrics.watchLease(() => lease.figures);
  metrics.watchPools(() => database.pools);
  metrics.watchDue(
    async () => (await due.lag()) / 1000,
    () => due.waiting(),
  );
  metrics.watchMemory(() => memory.figures());
  const shown = opened.use(await openAddress(place, metrics, notices));
  if (shown.url !== undefined) log.info({ url: shown.url }, 'figures are answered');
  return opened.move();
}

/** Answers that address, or undefined where none is named. */
async function openAddress(
  { address, token }: AppOptions['metrics'],
  metrics: Metrics,
  notices: Notices,
): Promise<AsyncDisposable & { readonly url: string | undefined }> {
  if (address === undefined) return { url: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  const server = metricsServer(metrics, token);
  const name = 'MOLVA_METRICS_ADDRESS';
  await listen(server, address.host, address.port, notices, { host: name, port: name });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${port}/metrics`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}
