import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Crowd, Talker } from './load.ts';
import { callRequest, maskedFrame, openLive, openSocket } from './wire.ts';

/** How a client's message goes to the server. */
export type Transport = 'POST' | 'RPC';

/** Where clients talk. */
export interface Place {
  readonly port: number;
  readonly chatId: string;
}

/** Of one length: what a bot keeps differs from one exchange to the next, its size does not. */
const BODIES = ['Hello, is anybody there?', 'Hello, is anybody here ?'] as const;
const ANSWERED = '"chatMessageCreated"';
const METHOD_NOT_FOUND = '"code":104';
const PING = Buffer.from([0x81, 2, 0x7b, 0x7d]);
const PONG = maskedFrame('{}');

interface Client {
  readonly talk: Talker;
  readonly sockets: readonly Socket[];
}

/** Clients in sessions of their own: an exchange is done when the message is taken and the bot's answer is on the socket. */
export async function openCrowd(place: Place, sessions: number, transport: Transport): Promise<Crowd> {
  return crowdOf(Array.from({ length: sessions }, () => openClient(place, transport)));
}

/**
 * Callers who each say something in a session that nobody spoke in for long, and go on to the next one: done when the call
 * is answered, behind the commit of the message and its answer.
 */
export async function openColdCrowd(port: number, callers: number, next: () => string | undefined): Promise<Crowd> {
  const open = async (): Promise<Client> => {
    const exchange = new Exchange(1);
    const http = await openHttp(port, exchange);
    const talk = async (): Promise<number> => {
      const session = next();
      return session === undefined ? 0 : exchange.make(() => http.write(messageCall(session, BODIES[0])));
    };
    return { talk, sockets: [http] };
  };
  return crowdOf(Array.from({ length: callers }, open));
}

/** Whether a server takes messages on the socket. */
export async function takesMessagesOnSockets(place: Place): Promise<boolean> {
  await using crowd = await openCrowd(place, 1, 'RPC');
  try {
    await crowd.talkers[0]?.();
    return true;
  } catch (error) {
    if ((error as Error).message.includes(METHOD_NOT_FOUND)) return false;
    throw error;
  }
}

async function crowdOf(opening: readonly Promise<Client>[]): Promise<Crowd> {
  const clients = await Promise.all(opening);
  return {
    talkers: clients.map(({ talk }) => talk),
    async [Symbol.asyncDispose]() {
      for (const { sockets } of clients) for (const socket of sockets) socket.destroy();
    },
  };
}

async function openClient({ port, chatId }: Place, transport: Transport): Promise<Client> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/chats/${chatId}/sessions`, { method: 'POST' });
  const { id } = (await answer.json()) as { id: string };
  const exchange = new Exchange(2);
  const connect = { application: 'widget', settings: { sessions: [id] } };
  const live = await openLive(port, '/centrifugo/connection/websocket', connect);
  live.on('data', (chunk: Buffer) => {
    if (chunk.includes(ANSWERED)) exchange.came();
    if (chunk.includes('"rpc":{')) exchange.came();
    if (chunk.includes('"error":{') || chunk.includes('"success":false')) exchange.failed(chunk.toString());
    if (chunk.includes(PING)) live.write(PONG);
  });
  live.on('close', () => exchange.failed('the socket was closed'));
  const http = transport === 'POST' ? await openHttp(port, exchange) : null;
  const send = http === null ? sendingOn(live, id) : (body: string) => http.write(messageCall(id, body));
  let said = 0;
  return {
    talk: () => exchange.make(() => send(BODIES[said++ % 2] ?? '')),
    sockets: http === null ? [live] : [live, http],
  };
}

function sendingOn(live: Socket, id: string): (body: string) => void {
  let calls = 1;
  return (body) => {
    const rpc = { method: 'sendMessage', data: { id, body, clientMessageId: randomUUID() } };
    live.write(maskedFrame(JSON.stringify({ id: ++calls, rpc })));
  };
}

async function openHttp(port: number, exchange: Exchange): Promise<Socket> {
  const http = await openSocket(port);
  http.on('data', (chunk: Buffer) => {
    const start = chunk.toString('latin1', 0, 10);
    if (start === 'HTTP/1.1 2') exchange.came();
    else if (start.startsWith('HTTP/1.1')) exchange.failed(chunk.toString());
  });
  http.on('close', () => exchange.failed('the connection was closed'));
  return http;
}

function messageCall(session: string, body: string): string {
  return callRequest('POST', `/api/v1/sessions/${session}/clients/messages`, JSON.stringify({ body }));
}

/** One exchange after the other, each done when all its parts have come. */
class Exchange {
  readonly #parts: number;
  #missing = 0;
  #settle: { resolve: (exchanges: number) => void; reject: (reason: Error) => void } | undefined;

  constructor(parts: number) {
    this.#parts = parts;
  }

  make(send: () => void): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#missing = this.#parts;
      this.#settle = { resolve, reject };
      send();
    });
  }

  came(): void {
    if (--this.#missing === 0) this.#settle?.resolve(1);
  }

  failed(how: string): void {
    this.#settle?.reject(new Error(how));
  }
}
