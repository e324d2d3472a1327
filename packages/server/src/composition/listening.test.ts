import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { listen } from './listening.ts';

it('a server that listens outlives every connection that cannot be taken, not the first alone', async () => {
  const told: string[] = [];
  const server = createServer();
  await listen(server, '127.0.0.1', 0, { tell: (notice) => void told.push(notice) });
  for (let time = 0; time < 2; time++)
    server.emit('error', Object.assign(new Error('accept'), { code: 'ECONNABORTED' }));
  expect(told).toEqual(['connection-untaken', 'connection-untaken']);
  server.close();
  await once(server, 'close');
});
