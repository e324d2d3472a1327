import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Encoding, Push } from './encoding.ts';
import { Inbox, type Receiver } from './inbox.ts';
import { limits } from './limits.ts';
import type { FrameOf, Outlet, Sender } from './outlet.ts';
import { DisconnectError, disconnects, type Disconnect } from './protocol/codes.ts';
import type { CommandValue, Value } from './protocol/values.ts';
import type { Subscriber, Subscription } from './subscription.ts';
import type { Clock, Counters } from './types.ts';

const REASON_BYTES = 123;

/** What the connections of a server share. */
export interface ConnectionContext {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly outlet: Outlet;
  /** Does a command to its end: the reply, an error, or the end of the connection; at once unless it waits. Never fails. */
  handle(connection: Connection, command: CommandValue): Promise<void> | undefined;
  /** Hears once of a connection that is gone, and whether its connect had been accepted. */
  closed(connection: Connection, established: boolean, why: Disconnect): void;
}

/** The way to one client. */
export interface Wire {
  readonly encoding: Encoding;
  readonly request: IncomingMessage;
  /** Whom the connection stands for where callers are counted. */
  readonly address: string;
  readonly webSocket: WebSocket;
  readonly socket: Duplex;
  readonly framePings: boolean;
}

/** A client's connection: commands strictly one after another, output gathered and sent once a tick. */
export class Connection implements Subscriber, Sender, Receiver {
  readonly id: string;
  readonly encoding: Encoding;
  readonly address: string;
  /** What the client asked to be let in with, until its connect was decided. */
  request: IncomingMessage | undefined;
  /** Whether pings are the transport's own: then the protocol has none. */
  readonly framePings: boolean;
  readonly subscriptions = new Map<string, Subscription>();
  user = '';
  meta: unknown;
  /** Commands that were too many. */
  refusals = 0;
  /** `new` until a connect arrives, `failed` after one that was answered with an error. */
  #state: 'new' | 'connecting' | 'connected' | 'failed' | 'closed' = 'new';
  readonly #context: ConnectionContext;
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #inbox = new Inbox(this);
  #output: Buffer[] = [];
  #outputBytes = 0;
  /** Of frames that came when none was heard any more. */
  #bytesAfterEnd = 0;
  #pingAt = 0;
  #pongBy = 0;
  /** When it is ended, or cut off where it is ended already. */
  #giveUpAt: number;

  constructor(id: string, wire: Wire, context: ConnectionContext) {
    this.id = id;
    this.encoding = wire.encoding;
    this.address = wire.address;
    this.request = wire.request;
    this.framePings = wire.framePings;
    this.#webSocket = wire.webSocket;
    this.#socket = wire.socket;
    this.#context = context;
    this.#giveUpAt = context.clock.now() + limits.staleMs;
  }

  /** Whether commands are still heard. What was decided in the meantime is for nobody where they are not. */
  isOpen(): boolean {
    return this.#state !== 'closed' && this.#state !== 'failed';
  }

  isConnected(): boolean {
    return this.#state === 'connected';
  }

  /** A connect arrived; a second one is a mistake. */
  connecting(): void {
    if (this.#state !== 'new') throw new DisconnectError(disconnects.badRequest);
    this.#state = 'connecting';
  }

  /** The connect was accepted: pings begin, at a random moment so that they spread. */
  established(): void {
    this.#state = 'connected';
    this.request = undefined;
    const interval = limits.pingSeconds * 1000;
    this.#pingAt = this.#context.clock.now() + interval / 2 + Math.random() * (interval / 2);
  }

  /** The connect was answered with an error: the client is expected to close. */
  refused(): void {
    if (this.#state === 'closed') return;
    this.#state = 'failed';
    this.#giveUpAt = this.#context.clock.now() + limits.errorLingerMs;
    this.#inbox.clear();
  }

  /** Takes a frame off the wire. */
  receive(frame: Buffer): void {
    if (!this.isOpen()) return this.#receiveAfterEnd(frame.length);
    // An answer to a ping does not wait behind commands.
    if (this.#pongBy === 0 || !this.encoding.isPong(frame)) return this.#inbox.put(frame);
    this.#context.counters.received++;
    this.ponged();
  }

  /** Whoever was sent away has an answer to a close frame to say, and no reason to go on; reading what nobody hears costs others their turn. */
  #receiveAfterEnd(bytes: number): void {
    this.#bytesAfterEnd += bytes;
    if (this.#bytesAfterEnd > limits.bytesAfterEnd) this.cutOff();
  }

  /** The commands of a frame. */
  read(frame: Buffer): Iterable<CommandValue> {
    return this.encoding.read(frame);
  }

  /** Does a command in its turn. */
  handle(command: CommandValue): Promise<void> | undefined {
    this.#context.counters.received++;
    if (command.method !== undefined || command.id !== 0) return this.#context.handle(this, command);
    if (this.#pongBy === 0 || this.framePings) this.end(disconnects.badRequest);
    else this.ponged();
    return undefined;
  }

  /** Leaves what comes in the hands of the network. */
  pause(): void {
    this.#webSocket.pause();
  }

  /** Takes what comes again. */
  resume(): void {
    this.#webSocket.resume();
  }

  /** Queues the reply to a command. */
  reply(id: number, result: Value): void {
    this.send(this.encoding.reply({ id, ...result }));
  }

  /** Queues word of a channel that is no publication. */
  tell(channel: string, word: Value): void {
    this.send(this.encoding.reply({ push: { channel, ...word } }));
  }

  /** Queues a publication. */
  push(push: Push): void {
    this.#context.counters.delivered++;
    this.send(push.encoded(this.encoding));
  }

  /** Queues bytes for the end of the tick; a client that takes too little too slowly is let go, to come back and recover. */
  send(message: Buffer): void {
    if (this.#state === 'closed') return;
    this.#output.push(message);
    this.#outputBytes += message.length;
    if (this.queued > limits.queueBytes) return this.end(disconnects.slow);
    if (this.#output.length === 1) this.#context.outlet.willFlush(this);
  }

  /** Sends what the tick gathered, as one frame. */
  flush(frameOf: FrameOf): void {
    const messages = this.#output;
    if (messages.length === 0) return;
    this.#output = [];
    this.#outputBytes = 0;
    this.#context.counters.framesSent++;
    this.#socket.write(frameOf(this.encoding, messages));
  }

  /** Bytes that wait for the client to take them. */
  get queued(): number {
    return this.#outputBytes + this.#socket.writableLength;
  }

  /** Looks at the clock: pings, missing pongs, connections that never connected, and those that are ended and do not go. */
  tick(now: number): void {
    if (this.#state !== 'connected') {
      if (now < this.#giveUpAt) return;
      if (this.#state === 'failed' || this.#state === 'closed') this.cutOff();
      else this.end(disconnects.stale);
      return;
    }
    // The client has said goodbye, and its socket does not close.
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return this.closed(disconnects.closed);
    if (this.#pongBy !== 0 && now >= this.#pongBy) return this.end(disconnects.noPong);
    if (now < this.#pingAt) return;
    this.#pingAt = now + limits.pingSeconds * 1000;
    this.#pongBy = now + limits.pongMs;
    if (this.framePings) this.#webSocket.ping();
    else this.#socket.write(this.encoding.ping);
  }

  /** A ping was answered. */
  ponged(): void {
    this.#pongBy = 0;
  }

  /** Ends the connection with a code that tells the client whether to come back. */
  end(disconnect: Disconnect): void {
    const { code, reason } = disconnect;
    if (this.#state === 'closed') return;
    if (code !== disconnects.slow.code) this.flush((encoding, messages) => encoding.frame(messages));
    this.#webSocket.close(code, cut(reason));
    this.closed(disconnect);
  }

  /** Lets go of the socket without another word. */
  cutOff(): void {
    this.#socket.destroy();
  }

  /** The socket is gone, by whichever side, or will be in a moment. */
  closed(why: Disconnect): void {
    if (this.#state === 'closed') return;
    const established = this.#state === 'connected';
    this.#state = 'closed';
    const lingers = why.code === disconnects.slow.code ? limits.slowLingerMs : limits.closeLingerMs;
    this.#giveUpAt = this.#context.clock.now() + lingers;
    this.#output = [];
    this.#outputBytes = 0;
    this.request = undefined;
    this.#inbox.clear();
    this.#context.closed(this, established, why);
  }
}

/** A reason of at most as many bytes as a close frame takes, without a half of a character at its end. */
function cut(reason: string): string {
  const bytes = Buffer.from(reason);
  return bytes.length <= REASON_BYTES
    ? reason
    : bytes
        .subarray(0, REASON_BYTES)
        .toString()
        .replace(/\ufffd$/, '');
}
