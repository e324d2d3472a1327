import { setTimeout as sleep } from 'node:timers/promises';
import { callOnce, callRequest, occurrences, openLive } from '../support/wire.ts';

/** Bystanders, each with an address of its own: together they ask often enough for a percentile. */
const BYSTANDERS = 8;
const EVERY_MS = 150;
/** An exchange that takes longer is counted with this time, and its bystander comes back as somebody new. */
const PATIENCE_MS = 10_000;

/** Times exchanges of others: a message in, the bot's answer on the socket, milliseconds, sorted. */
export function bystand(port: number, chatId: string, seconds: number): Promise<number[]> {
  const end = performance.now() + seconds * 1000;
  return bystandWhile(port, chatId, () => performance.now() < end);
}

/** The same for as long as something goes on. */
export async function bystandWhile(port: number, chatId: string, goesOn: () => boolean): Promise<number[]> {
  const latencies: number[] = [];
  await Promise.all(
    Array.from({ length: BYSTANDERS }, async (_, index) => {
      const address = `127.0.1.${index + 1}`;
      let client = await openClient(port, chatId, address).catch(() => undefined);
      await sleep((EVERY_MS / BYSTANDERS) * index);
      while (goesOn()) {
        const began = performance.now();
        const answered = client !== undefined && (await client.exchange());
        latencies.push(answered ? performance.now() - began : PATIENCE_MS);
        if (!answered) {
          client?.close();
          client = await openClient(port, chatId, address).catch(() => undefined);
        }
        await sleep(EVERY_MS);
      }
      client?.close();
    }),
  );
  return latencies.sort((a, b) => a - b);
}

async function openClient(port: number, chatId: string, address: string) {
  const start = await ask(port, address, `/api/v1/chats/${chatId}/sessions`, '{}');
  const { id } = JSON.parse(start) as { id: string };
  const settings = { sessions: [id] };
  const live = await openLive(port, '/centrifugo/connection/websocket', { application: 'widget', settings }, address);
  live.on('error', () => undefined);
  const answer = Buffer.from('"chatMessageCreated"');
  let heard: () => void = () => undefined;
  live.on('data', (chunk: Buffer) => {
    if (occurrences(chunk, answer) > 0) heard();
  });
  return {
    /** Whether the answer was heard in time. */
    async exchange(): Promise<boolean> {
      const patience = Promise.withResolvers<boolean>();
      const timer = setTimeout(() => patience.resolve(false), PATIENCE_MS);
      heard = () => patience.resolve(true);
      ask(port, address, `/api/v1/sessions/${id}/clients/messages`, JSON.stringify({ body: 'Hello' })).catch(() =>
        patience.resolve(false),
      );
      const answered = await patience.promise;
      clearTimeout(timer);
      return answered;
    },
    close: () => live.destroy(),
  };
}

/** A call from an address; the object of its answer as text. */
async function ask(port: number, address: string, path: string, body: string): Promise<string> {
  const text = await callOnce(port, address, callRequest('POST', path, body), PATIENCE_MS);
  if (!/^HTTP\/1.1 20/.test(text)) throw new Error(text.slice(0, 200));
  const answer = text.slice(text.indexOf('\r\n\r\n') + 4);
  return answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1);
}
