import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { createCentrifugeServer } from '@molva/centrifuge-server';

/** The live engine alone: publishes on command, so that nothing else is measured. */
const offsets = new Map<string, number>();
const engine = createCentrifugeServer({
  version: 'bench',
  allowedOrigins: [],
  namespaces: {
    bench: {
      source: {
        position: async (channels) =>
          new Map(channels.map((name) => [name, { offset: offsets.get(name) ?? 0, epoch: 'e' }])),
        read: async () => new Map(),
      },
    },
  },
  handlers: {
    connect: async ({ data }) => ({ result: { user: '', subs: { [(data as { channel: string }).channel]: {} } } }),
  },
});
const http = createServer();
http.on('upgrade', (request, socket, head) => engine.handleUpgrade(request, socket, head));
http.listen(0, '127.0.0.1', () => process.stdout.write(`port ${(http.address() as AddressInfo).port}\n`));

const payload = JSON.stringify({ event: 'chatMessageCreated', data: { body: 'x'.repeat(150) } });

/** `<channels> <messages>`: so many messages into each channel, spread over ticks of ten. */
createInterface({ input: process.stdin }).on('line', (line) => {
  const [channels = 1, messages = 1] = line.split(' ').map(Number);
  let sent = 0;
  const publish = (): void => {
    for (let tick = 0; tick < 10 && sent < messages; tick++, sent++) {
      for (let index = 0; index < channels; index++) {
        const name = `bench:${index}`;
        const offset = (offsets.get(name) ?? 0) + 1;
        offsets.set(name, offset);
        engine.publish(name, payload, { offset });
      }
    }
    if (sent < messages) setImmediate(publish);
  };
  publish();
});
process.on('SIGTERM', () => process.exit(0));
