import { createInterface } from 'node:readline';
import { openEngine, serve } from './support/engine.ts';

/** The live engine alone: publishes on command, so that nothing else is measured. */
const offsets = new Map<string, number>();
const engine = openEngine({
  position: async (channels) => new Map(channels.map((name) => [name, { offset: offsets.get(name) ?? 0, epoch: 'e' }])),
  read: async () => new Map(),
});
serve(undefined, engine);

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
