import { isText, unwrap } from './answers.ts';
import type { Channels } from './channels.ts';
import { connect } from './connect.ts';
import type { Connection } from './connection.ts';
import { limits } from './limits.ts';
import { DisconnectError, disconnects, errors, ReplyError } from './protocol/codes.ts';
import { Payload, type CommandValue, type Value } from './protocol/values.ts';
import type { CentrifugeServerOptions } from './types.ts';

/** Does the commands of clients: calls the application's handlers, and refuses what there is not, in the protocol's words. */
export class Commands {
  readonly #options: CentrifugeServerOptions;
  readonly #channels: Channels;
  readonly #handlers: Readonly<Record<string, (connection: Connection, request: Value) => Promise<Value> | Value>> = {
    rpc: (connection, request) => this.#rpc(connection, request),
    subscribe: (connection, request) => this.#subscribe(connection, request),
    unsubscribe: (connection, request) => {
      this.#channels.unsubscribe(connection, channelName(request));
      return { unsubscribe: {} };
    },
    publish: (_connection, request) => {
      const channel = channelName(request);
      if (request['data'] === undefined) throw new ReplyError(errors.badRequest);
      this.#checkNamespace(channel);
      throw new ReplyError(errors.permissionDenied);
    },
    presence: (_connection, request) => this.#unavailable(request),
    presence_stats: (_connection, request) => this.#unavailable(request),
    history: (_connection, request) => this.#unavailable(request),
    send() {
      throw new DisconnectError(disconnects.notAvailable);
    },
    // Connections do not expire here, so nobody was told to refresh one.
    refresh(_connection, request) {
      throw new DisconnectError(isText(request['token']) ? disconnects.invalidToken : disconnects.badRequest);
    },
    sub_refresh(_connection, request) {
      channelName(request);
      throw new ReplyError(isText(request['token']) ? errors.permissionDenied : errors.badRequest);
    },
  };

  constructor(options: CentrifugeServerOptions, channels: Channels) {
    this.#options = options;
    this.#channels = channels;
  }

  /** Does a command to its end: the reply, an error in its place, or the end of the connection. */
  handle(connection: Connection, command: CommandValue): Promise<void> | undefined {
    try {
      const pending = this.#dispatch(connection, command);
      return pending?.catch((error: unknown) => this.#fail(connection, command, error));
    } catch (error) {
      this.#fail(connection, command, error);
      return undefined;
    }
  }

  #fail(connection: Connection, { id, method }: CommandValue, error: unknown): void {
    if (error instanceof DisconnectError) return connection.end(error.disconnect);
    if (!(error instanceof ReplyError)) this.#options.onError?.(error, 'command');
    connection.reply(id, { error: error instanceof ReplyError ? error.error : errors.internal });
    if (method !== 'connect') return;
    this.#channels.leave(connection);
    connection.refused();
  }

  #dispatch(connection: Connection, command: CommandValue): Promise<void> | undefined {
    const { id, method, request } = command;
    if (method === undefined || (id === 0 && method !== 'send')) throw new DisconnectError(disconnects.badRequest);
    if (id !== 0) this.#count(connection, method);
    if (method === 'connect') return connect(this.#options, this.#channels, connection, command);
    const handler = Object.hasOwn(this.#handlers, method) ? this.#handlers[method] : undefined;
    if (handler === undefined || !connection.isConnected()) throw new DisconnectError(disconnects.badRequest);
    const result = handler(connection, request);
    if (result instanceof Promise) return result.then((value) => connection.reply(id, value));
    connection.reply(id, result);
    return undefined;
  }

  /** Whoever goes on after many commands were refused as too many is sent away. */
  #count(connection: Connection, method: string): void {
    const refusal = this.#options.limiter?.command(connection.address, method);
    if (refusal === undefined) return;
    if (++connection.refusals > limits.refusals) throw new DisconnectError(disconnects.tooManyRequests);
    throw new ReplyError(refusal);
  }

  async #rpc({ id: client, user, meta }: Connection, request: Value): Promise<Value> {
    const { handlers } = this.#options;
    if (handlers.rpc === undefined) throw new ReplyError(errors.notAvailable);
    const method = isText(request['method']) ? request['method'] : '';
    const { data } = unwrap(await handlers.rpc({ client, user, method, data: request['data'], meta }));
    return { rpc: data === undefined ? {} : { data: new Payload(data) } };
  }

  /** Channels are given by the server alone: an explicit subscribe is checked in the protocol's order and refused. */
  #subscribe({ subscriptions }: Connection, request: Value): Value {
    const channel = channelName(request);
    const { delta, tf, type = 0 } = request;
    if (isText(delta) && delta !== 'fossil') throw new DisconnectError(disconnects.badRequest);
    if (channel.length > limits.channelLength || !/^[\x20-\x7e]*$/.test(channel)) {
      throw new ReplyError(errors.badRequest);
    }
    if (subscriptions.has(channel)) throw new ReplyError(errors.alreadySubscribed);
    if (subscriptions.size >= limits.channels) throw new ReplyError(errors.limitExceeded);
    this.#checkNamespace(channel);
    if (tf !== undefined) throw new ReplyError(errors.badRequest);
    throw new ReplyError(type === 4 ? errors.notAvailable : errors.permissionDenied);
  }

  #unavailable(request: Value): never {
    this.#checkNamespace(channelName(request));
    throw new ReplyError(errors.notAvailable);
  }

  #checkNamespace(channel: string): void {
    if (!this.#channels.hasNamespace(channel)) throw new ReplyError(errors.unknownChannel);
  }
}

function channelName(request: Value): string {
  const { channel } = request;
  if (!isText(channel)) throw new DisconnectError(disconnects.badRequest);
  return channel;
}
