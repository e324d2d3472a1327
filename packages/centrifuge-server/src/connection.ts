import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Encoding, Message, Push } from './encoding.ts';
import { Inbox, type Receiver } from './inbox.ts';
import { limits } from './limits.ts';
import type { FrameOf, Outlet, Sender } from './outlet.ts';
import { DisconnectError, disconnects, type Disconnect } from './protocol/codes.ts';
import type { CommandValue, Value } from './protocol/values.ts';
import type { Subscriber, Subscription } from './subscription.ts';
import type { Clock, Counters } from './types.ts';
import { frameOf, opcodes } from './websocket/frames.ts';
import { WebSocket, type SocketOwner } from './websocket/web-socket.ts';

const TRANSPORT_PING = frameOf(opcodes.ping, Buffer.alloc(0));

/** What the connections of a server share. */
export interface ConnectionContext {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly outlet: Outlet;
  /** Does a command to its end: the reply, an error, or the end of the connection; at once unless it waits. Never fails. */
  handle(connection: Connection, command: CommandValue): Promise<void> | undefined;
  /** Hears once of a connection that is gone, and whether its connect had been accepted. */
  closed(connection: Connection, established: boolean, why: Disconnect): void;
  /** Hears once that a connection's socket is gone. */
  removed(connection: Connection): void;
}

/** The way to one client. */
export interface Wire {
  readonly encoding: Encoding;
  readonly headers: IncomingHttpHeaders;
  /** Whom the connection stands for where callers are counted. */
  readonly address: string;
  readonly socket: Socket;
  /** What came behind the request. */
  readonly head: Buffer;
  readonly framePings: boolean;
}

/** A client's connection: commands strictly one after another, output gathered and sent once a tick. */
export class Connection implements Subscriber, Sender, Receiver, SocketOwner {
  readonly id: string;
  readonly encoding: Encoding;
  readonly address: string;
  /** What the client asked to be let in with, until its connect was decided. */
  headers: IncomingHttpHeaders | undefined;
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
  readonly #inbox = new Inbox(this);
  #output: Message[] = [];
  #outputBytes = 0;
  #pingAt = 0;
  #pongBy = 0;
  /** When it is ended, or cut off where it is ended already. */
  #giveUpAt: number;

  constructor(id: string, wire: Wire, context: ConnectionContext) {
    this.id = id;
    this.encoding = wire.encoding;
    this.address = wire.address;
    this.headers = wire.headers;
    this.framePings = wire.framePings;
    this.#context = context;
    this.#giveUpAt = context.clock.now() + limits.staleMs;
    this.#webSocket = new WebSocket(wire.socket, wire.head, this);
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
    this.headers = undefined;
    const interval = limits.pingSeconds * 1000;
    this.#pingAt = this.#context.clock.now() + interval / 2 + Math.random() * (interval / 2);
  }

  /** The connect was answered with an error: the client is expected to close. */
  refused(): void {
    if (this.#state === 'closed') return;
    this.#state = 'failed';
    this.#giveUpAt = this.#context.clock.now() + limits.errorLingerMs;
    this.#webSocket.deafen();
    this.#inbox.clear();
  }

  /** Takes a frame off the wire. */
  receive(frame: Buffer): void {
    if (!this.isOpen()) return;
    // An answer to a ping does not wait behind commands.
    if (this.#pongBy === 0 || !this.encoding.isPong(frame)) return this.#inbox.put(frame);
    this.#context.counters.received++;
    this.ponged();
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

  /** Queues a message for the end of the tick; a client that takes too little too slowly is let go, to come back and recover. */
  send(message: Message): void {
    if (this.#state === 'closed') return;
    this.#output.push(message);
    this.#outputBytes += message.frame.length;
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
    this.#webSocket.write(frameOf(this.encoding, messages));
  }

  /** Bytes that wait for the client to take them. */
  get queued(): number {
    return this.#outputBytes + this.#webSocket.queued;
  }

  /** Looks at the clock: pings, missing pongs, connections that never connected, and those that are ended and do not go. */
  tick(now: number): void {
    if (this.#state !== 'connected') {
      if (now < this.#giveUpAt) return;
      if (this.#state === 'failed' || this.#state === 'closed') this.cutOff();
      else this.end(disconnects.stale);
      return;
    }
    if (this.#pongBy !== 0 && now >= this.#pongBy) return this.end(disconnects.noPong);
    if (now < this.#pingAt) return;
    this.#pingAt = now + limits.pingSeconds * 1000;
    this.#pongBy = now + limits.pongMs;
    this.#webSocket.write(this.framePings ? TRANSPORT_PING : this.encoding.ping);
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
    this.#webSocket.close(code, reason);
    this.#closed(disconnect);
  }

  /** Lets go of the socket without another word. */
  cutOff(): void {
    this.#webSocket.cutOff();
  }

  /** The client ended it, in a word or without one. */
  left(code: number, reason: string): void {
    this.#closed({ code: codeOf(code), reason });
  }

  /** The socket is gone. */
  removed(): void {
    this.#context.removed(this);
  }

  /** The socket is gone, by whichever side, or will be in a moment. */
  #closed(why: Disconnect): void {
    if (this.#state === 'closed') return;
    const established = this.#state === 'connected';
    this.#state = 'closed';
    const lingers = why.code === disconnects.slow.code ? limits.slowLingerMs : limits.closeLingerMs;
    this.#giveUpAt = this.#context.clock.now() + lingers;
    this.#output = [];
    this.#outputBytes = 0;
    this.headers = undefined;
    this.#inbox.clear();
    this.#context.closed(this, established, why);
  }
}

/** What a client may not say in a close frame counts as one code, whichever it is. */
function codeOf(code: number): number {
  return code >= 1000 && code < 1016 ? code : 0;
}
