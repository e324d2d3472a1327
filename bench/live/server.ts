import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCentrifugeServer, type StreamPublication } from '@molva/centrifuge-server';
import { readBody } from './body.ts';

/** The live engine alone behind the publish call of a Centrifugo: what is said to both is the same, byte for byte. */
const KEPT = 100;
const EPOCH = 'e';
const streams = new Map<string, StreamPublication[]>();
const streamOf = (name: string): StreamPublication[] => {
  const stream = streams.get(name) ?? [];
  streams.set(name, stream);
  return stream;
};

const engine = createCentrifugeServer({
  version: 'bench',
  allowedOrigins: [],
  namespaces: {
    bench: {
      source: {
        position: async (names) =>
          new Map(names.map((name) => [name, { offset: streamOf(name).at(-1)?.offset ?? 0, epoch: EPOCH }])),
        read: async (places, limit) =>
          new Map(
            [...places].map(([name, since]) => [
              name,
              streamOf(name)
                .filter(({ offset }) => offset > since)
                .slice(0, limit),
            ]),
          ),
      },
    },
  },
  handlers: {
    connect: async ({ data }) => ({ result: { user: '', subs: { [(data as { channel: string }).channel]: {} } } }),
  },
});

function publish(name: string, data: string): number {
  const stream = streamOf(name);
  const offset = (stream.at(-1)?.offset ?? 0) + 1;
  stream.push({ offset, data });
  if (stream.length > KEPT) stream.shift();
  engine.publish(name, data, { offset });
  return offset;
}

const http = createServer((request, response) => {
  readBody(request, (body) => {
    const { channel, data } = JSON.parse(body) as { channel: string; data: unknown };
    const offset = publish(channel, JSON.stringify(data));
    const answer = JSON.stringify({ result: { offset, epoch: EPOCH } });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
  });
});
// A timer for each call, against callers who say nothing: there are none here.
http.keepAliveTimeout = 0;
http.on('upgrade', (request, socket, head) => engine.handleUpgrade(request, socket, head));
http.listen(0, '127.0.0.1', () => process.stdout.write(`port ${(http.address() as AddressInfo).port}\n`));
process.on('SIGTERM', () => process.exit(0));
