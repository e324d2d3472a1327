import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Question {
  readonly sessionId: string;
  readonly message: { readonly text: string } | null;
}

/** An integrator's bot: says to each question what it was asked. Whoever calls with GET hears of all calls there were. */
const asked: string[] = [];
const http = createServer(async (request, response) => {
  const answer = (body: unknown): unknown =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.method === 'GET') return answer(asked);
  const { sessionId, message } = (await json(request)) as Question;
  const text = message?.text ?? 'start';
  asked.push(`${sessionId} ${text}`);
  return answer({ messages: [{ body: text }] });
});
http.listen(0, '127.0.0.1', () => process.stdout.write(`port ${(http.address() as AddressInfo).port}\n`));
process.on('SIGTERM', () => process.exit(0));
