import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Subscription } from './channel.ts';
import { handleCommand } from './commands.ts';
import type { Encoding, Push } from './encoding.ts';
import { DisconnectError, disconnects, ReplyError, errors, type Disconnect } from './protocol/codes.ts';
import type { CommandValue, Value } from './protocol/values.ts';
import type { Hub } from './hub.ts';
import { limits } from './types.ts';

/** A client's connection: commands strictly one after another, output gathered and sent once a tick. */
export class Connection {
  readonly id: string;
  readonly encoding: Encoding;
  readonly request: IncomingMessage;
  readonly hub: Hub;
  readonly subscriptions = new Map<string, Subscription>();
  user = '';
  meta: unknown;
  /** `new` until a connect arrives, `failed` after one that was answered with an error. */
  state: 'new' | 'connecting' | 'connected' | 'failed' | 'closed' = 'new';
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #framePings: boolean;
  readonly #commands: CommandValue[] = [];
  #working = false;
  #output: Buffer[] = [];
  #outputBytes = 0;
  #pingAt = 0;
  #pongBy = 0;
  #giveUpAt: number;

  constructor(options: {
    id: string;
    encoding: Encoding;
    request: IncomingMessage;
    hub: Hub;
    webSocket: WebSocket;
    socket: Duplex;
    framePings: boolean;
  }) {
    this.id = options.id;
    this.encoding = options.encoding;
    this.request = options.request;
    this.hub = options.hub;
    this.#webSocket = options.webSocket;
    this.#socket = options.socket;
    this.#framePings = options.framePings;
    this.#giveUpAt = options.hub.clock.now() + limits.staleMs;
  }

  /** Takes a frame off the wire. */
  receive(frame: Buffer): void {
    if (this.state === 'failed' || this.state === 'closed') return;
    try {
      for (const command of this.encoding.read(frame)) {
        this.hub.counters.received++;
        if (command.method === undefined && command.id === 0) this.#pong();
        else this.#commands.push(command);
      }
    } catch (error) {
      // What came before the bad command has its turn first.
      const { disconnect } = error as DisconnectError;
      this.#commands.push({ id: 0, method: undefined, request: { disconnect } });
    }
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (let command = this.#commands.shift(); command !== undefined; command = this.#commands.shift()) {
      if (!this.#isOpen()) break;
      await this.#handle(command);
    }
    this.#working = false;
  }

  async #handle(command: CommandValue): Promise<void> {
    try {
      const result = await handleCommand(this, command);
      if (result !== undefined && this.#isOpen()) this.reply(command.id, result);
      if (command.method === 'connect') this.#released();
    } catch (error) {
      if (error instanceof DisconnectError) return this.end(error.disconnect);
      if (!(error instanceof ReplyError)) this.hub.onError(error);
      const reason = error instanceof ReplyError ? error.error : errors.internal;
      this.send(this.encoding.reply({ id: command.id, error: reason }));
      if (command.method === 'connect') {
        for (const channel of this.subscriptions.keys()) this.hub.unsubscribe(this, channel);
        this.state = 'failed';
        this.#giveUpAt = this.hub.clock.now() + limits.errorLingerMs;
      }
    }
  }

  #isOpen(): boolean {
    return this.state !== 'closed' && this.state !== 'failed';
  }

  /** The connect reply is queued: what waited for it may follow. */
  #released(): void {
    for (const subscription of this.subscriptions.values()) {
      const waiting = subscription.waiting ?? [];
      subscription.waiting = null;
      for (const push of waiting) if (push.offset > subscription.from) this.push(push);
    }
  }

  /** The connect was accepted: pings begin, at a random moment so that they spread. */
  established(): void {
    this.state = 'connected';
    const interval = limits.pingSeconds * 1000;
    this.#pingAt = this.hub.clock.now() + interval / 2 + Math.random() * (interval / 2);
  }

  /** Queues the reply to a command. */
  reply(id: number, result: Value): void {
    this.send(this.encoding.reply({ id, ...result }));
  }

  /** Queues a publication. */
  push(push: Push): void {
    this.hub.counters.delivered++;
    this.send(push.encoded(this.encoding));
  }

  /** Queues bytes for the end of the tick; a client that takes too little too slowly is let go, to come back and recover. */
  send(message: Buffer): void {
    if (this.state === 'closed') return;
    this.#output.push(message);
    this.#outputBytes += message.length;
    if (this.#outputBytes + this.#socket.writableLength > limits.queueBytes) {
      this.end(disconnects.slow);
      return;
    }
    if (this.#output.length === 1) this.hub.willFlush(this);
  }

  /** Sends what the tick gathered, as one frame. */
  flush(frameOf: (encoding: Encoding, messages: readonly Buffer[]) => Buffer): void {
    const messages = this.#output;
    if (messages.length === 0) return;
    this.#output = [];
    this.#outputBytes = 0;
    this.hub.counters.framesSent++;
    this.#socket.write(frameOf(this.encoding, messages));
  }

  /** Looks at the clock: pings, missing pongs, connections that never connected. */
  tick(now: number): void {
    if (this.state !== 'connected') {
      if (now >= this.#giveUpAt && this.state === 'failed') this.#socket.destroy();
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
  end({ code, reason }: Disconnect): void {
    if (this.state === 'closed') return;
    if (code !== disconnects.slow.code) this.flush((encoding, messages) => encoding.frame(messages));
    this.#webSocket.close(code, reason);
    this.closed(code, reason);
  }

  /** The socket is gone, by whichever side. */
  closed(code: number, reason: string): void {
    if (this.state === 'closed') return;
    const established = this.state === 'connected';
    this.state = 'closed';
    this.#output = [];
    this.hub.remove(this, established, code, reason);
  }
}
