import type { StreamPublication } from '@molva/centrifuge-server';
import { openEngine, serve } from '../support/engine.ts';
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

const engine = openEngine({
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
});

function publish(name: string, data: string): number {
  const stream = streamOf(name);
  const offset = (stream.at(-1)?.offset ?? 0) + 1;
  stream.push({ offset, data });
  if (stream.length > KEPT) stream.shift();
  engine.publish(name, data, { offset });
  return offset;
}

const http = serve((request, response) => {
  readBody(request, (body) => {
    const { channel, data } = JSON.parse(body) as { channel: string; data: unknown };
    const offset = publish(channel, JSON.stringify(data));
    const answer = JSON.stringify({ result: { offset, epoch: EPOCH } });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
  });
}, engine);
// A timer for each call, against callers who say nothing: there are none here.
http.keepAliveTimeout = 0;
