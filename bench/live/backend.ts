import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from './body.ts';

/** What stands behind a Centrifugo: it is asked about every client that connects, and gives it the channel it names. */
const http = createServer((request, response) => {
  readBody(request, (body) => {
    const { data } = JSON.parse(body) as { data: { channel: string } };
    const answer = JSON.stringify({ result: { user: '', subs: { [data.channel]: {} } } });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
  });
});
http.listen(0, '127.0.0.1', () => process.stdout.write(`port ${(http.address() as AddressInfo).port}\n`));
process.on('SIGTERM', () => process.exit(0));
