import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCentrifugeServer, type CentrifugeServer, type StreamSource } from '@molva/centrifuge-server';

/** The live engine alone: whoever connects gets the channel it names, `bench:<anything>`. */
export function openEngine(source: StreamSource): CentrifugeServer {
  return createCentrifugeServer({
    version: 'bench',
    allowedOrigins: [],
    namespaces: { bench: { source } },
    handlers: {
      connect: async ({ data }) => ({ result: { user: '', subs: { [(data as { channel: string }).channel]: {} } } }),
    },
  });
}

/** Serves on a port of its own, which the process says, until it is told to end. */
export function serve(listener?: RequestListener, engine?: CentrifugeServer): Server {
  const http = createServer(listener);
  if (engine !== undefined) http.on('upgrade', (request, socket, head) => engine.handleUpgrade(request, socket, head));
  http.listen(0, '127.0.0.1', () => process.stdout.write(`port ${(http.address() as AddressInfo).port}\n`));
  process.on('SIGTERM', () => process.exit(0));
  return http;
}
