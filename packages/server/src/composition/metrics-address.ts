import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { metricsServer } from '../http/metrics-door.ts';
import type { Metrics } from '../platform/metrics.ts';
import { listen } from './listening.ts';
import type { AppOptions } from './options.ts';

/** Answers the figures on an address of their own, where one is named; answers that address. Disposing closes it. */
export async function openMetricsAddress(
  { address, token }: AppOptions['metrics'],
  metrics: Metrics,
): Promise<AsyncDisposable & { readonly url: string | undefined }> {
  if (address === undefined) return { url: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  const server = metricsServer(metrics, token);
  const name = 'MOLVA_METRICS_ADDRESS';
  await listen(server, address.host, address.port, { host: name, port: name });
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
