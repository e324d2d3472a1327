import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Encoding, Push } from './encoding.ts';
import { limits } from './limits.ts';
import type { FrameOf, Outlet, Sender } from './outlet.ts';
import { DisconnectError, disconnects, type Disconnect } from './protocol/codes.ts';
import type { CommandValue, Value } from './protocol/values.ts';
import type { Subscriber, Subscription } from './subscription.ts';
import type { Clock, Counters } from './types.ts';

/** What the connections of a server share. */
export interface ConnectionContext {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly outlet: Outlet;
  /** Does a command to its end: the reply, an error, or the end of the connection. Never fails. */
  handle(connection: Connection, command: CommandValue): Promise<void>;
  /** Hears once of a connection that is gone, and whether its connect had been accepted. */
  closed(connection: Connection, established: boolean, why: Disconnect): void;
}

/** The way to one client. */
export interface Wire {
  readonly encoding: Encoding;
  readonly request: IncomingMessage;
  readonly webSocket: WebSocket;
  readonly socket: Duplex;
  readonly framePings: boolean;
}

/** A client's connection: commands strictly one after another, output gathered and sent once a tick. */
export class Connection implements Subscriber, Sender {
  readonly id: string;
  readonly encoding: Encoding;
  readonly request: IncomingMessage;
  readonly subscriptions = new Map<string, Subscription>();
  user = '';
  meta: unknown;
  /** `new` until a connect arrives, `failed` after one that was answered with an error. */
  #state: 'new' | 'connecting' | 'connected' | 'failed' | 'closed' = 'new';
  readonly #context: ConnectionContext;
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #framePings: boolean;
  /** Commands, and the mistake that ended a frame: what came before it has its turn first. */
  readonly #commands: (CommandValue | DisconnectError)[] = [];
  #working = false;
  #output: Buffer[] = [];
  #outputBytes = 0;
  #pingAt = 0;
  #pongBy = 0;
  #giveUpAt: number;

  constructor(id: string, wire: Wire, context: ConnectionContext) {
    this.id = id;
    this.encoding = wire.encoding;
    this.request = wire.request;
    this.#webSocket = wire.webSocket;
    this.#socket = wire.socket;
    this.#framePings = wire.framePings;
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
    const interval = limits.pingSeconds * 1000;
    this.#pingAt = this.#context.clock.now() + interval / 2 + Math.random() * (interval / 2);
  }

  /** The connect was answered with an error: the client is expected to close. */
  refused(): void {
    if (this.#state === 'closed') return;
    this.#state = 'failed';
    this.#giveUpAt = this.#context.clock.now() + limits.errorLingerMs;
  }

  /** Takes a frame off the wire. */
  receive(frame: Buffer): void {
    if (!this.isOpen()) return;
    try {
      for (const command of this.encoding.read(frame)) {
        this.#context.counters.received++;
        if (command.method === undefined && command.id === 0) this.#pong();
        else this.#commands.push(command);
      }
    } catch (error) {
      this.#commands.push(error instanceof DisconnectError ? error : new DisconnectError(disconnects.badRequest));
    }
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (let command = this.#commands.shift(); command !== undefined; command = this.#commands.shift()) {
      if (!this.isOpen()) break;
      if (command instanceof DisconnectError) this.end(command.disconnect);
      else await this.#context.handle(this, command);
    }
    this.#working = false;
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
    if (this.#outputBytes + this.#socket.writableLength > limits.queueBytes) {
      this.end(disconnects.slow);
      return;
    }
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

  /** Looks at the clock: pings, missing pongs, connections that never connected. */
  tick(now: number): void {
    if (this.#state !== 'connected') {
      if (now >= this.#giveUpAt && this.#state === 'failed') this.#socket.destroy();
      else if (now >= this.#giveUpAt) this.end(disconnects.stale);
      return;
    }
    if (this.#pongBy !== 0 && now >= this.#pongBy) return this.end(disconnects.noPong);
    if (now < this.#pingAt) return;
    this.#pingAt = now + limits.pingSeconds * 1000;
    if (this.#framePings) {
      this.#webSocket.ping();
      return;
    }
    this.#pongBy = now + limits.pongMs;
    this.#socket.write(this.encoding.ping);
  }

  #pong(): void {
    if (this.#pongBy === 0) throw new DisconnectError(disconnects.badRequest);
    this.#pongBy = 0;
  }

  /** Ends the connection with a code that tells the client whether to come back. */
  end(disconnect: Disconnect): void {
    const { code, reason } = disconnect;
    if (this.#state === 'closed') return;
    if (code !== disconnects.slow.code) this.flush((encoding, messages) => encoding.frame(messages));
    this.#webSocket.close(code, reason);
    this.closed(disconnect);
  }

  /** The socket is gone, by whichever side. */
  closed(why: Disconnect): void {
    if (this.#state === 'closed') return;
    const established = this.#state === 'connected';
    this.#state = 'closed';
    this.#output = [];
    this.#context.closed(this, established, why);
  }
}
