import type { Connection } from './connection.ts';
import { DisconnectError, disconnects, errors, ReplyError } from './protocol/codes.ts';
import { Payload, type CommandValue, type Value } from './protocol/values.ts';
import { requestedRecovery, subscribeResult } from './recovery.ts';
import { limits, type ConnectResult, type HandlerAnswer } from './types.ts';

/** Handles a command and answers the members of its reply; undefined where there is none. */
export async function handleCommand(connection: Connection, command: CommandValue): Promise<Value | undefined> {
  const { id, method, request } = command;
  if (method === undefined || (id === 0 && method !== 'send')) {
    throw new DisconnectError(
      (request['disconnect'] as typeof disconnects.badRequest | undefined) ?? disconnects.badRequest,
    );
  }
  if (method === 'connect') return connect(connection, request);
  if (connection.state !== 'connected') throw new DisconnectError(disconnects.badRequest);
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
  if (handler === undefined) throw new DisconnectError(disconnects.badRequest);
  return handler(connection, request);
}

type Handler = (connection: Connection, request: Value) => Promise<Value> | Value;

const handlers: Readonly<Record<string, Handler>> = {
  rpc,
  subscribe,
  unsubscribe(connection, request) {
    const channel = channelName(request);
    connection.hub.unsubscribe(connection, channel);
    return { unsubscribe: {} };
  },
  publish(connection, request) {
    const channel = channelName(request);
    if (request['data'] === undefined) throw new ReplyError(errors.badRequest);
    checkNamespace(connection, channel);
    throw new ReplyError(errors.permissionDenied);
  },
  presence: unavailable,
  presence_stats: unavailable,
  history: unavailable,
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

async function connect(connection: Connection, request: Value): Promise<Value> {
  if (connection.state !== 'new') throw new DisconnectError(disconnects.badRequest);
  connection.state = 'connecting';
  // Tokens are checked as JWTs by servers that are given a key; without one none can be valid.
  if (isText(request['token'])) throw new DisconnectError(disconnects.invalidToken);
  const { hub } = connection;
  const asked = (request['subs'] ?? {}) as Record<string, unknown>;
  const { name, version, data } = request;
  const result = unwrap<ConnectResult>(
    await hub.options.handlers.connect({
      client: connection.id,
      transport: 'websocket',
      protocol: connection.encoding.name,
      encoding: 'json',
      ...(isText(name) ? { name } : {}),
      ...(isText(version) ? { version } : {}),
      ...(data === undefined ? {} : { data }),
      channels: Object.keys(asked),
      headers: connection.request.headers,
      remoteAddress: connection.request.socket.remoteAddress ?? '',
    }),
  );
  connection.user = result.user;
  connection.meta = result.meta;
  const subs = await subscribeAll(connection, result.subs ?? {}, asked);
  if (connection.state !== 'connecting') throw new DisconnectError(disconnects.badRequest);
  connection.established();
  return {
    connect: {
      client: connection.id,
      version: hub.options.version,
      ...(result.data === undefined ? {} : { data: new Payload(result.data) }),
      subs,
      ping: limits.pingSeconds,
      pong: true,
    },
  };
}

/**
 * Makes the server's subscriptions. Each hears of publications from before its stream is read, so that none falls
 * between the reading and the reply.
 */
async function subscribeAll(
  connection: Connection,
  subs: NonNullable<ConnectResult['subs']>,
  asked: Record<string, unknown>,
): Promise<Record<string, Value>> {
  const { hub } = connection;
  const names = Object.keys(subs);
  if (names.length > limits.channels) throw new DisconnectError(disconnects.channelLimit);
  for (const name of names) hub.subscribe(connection, name, subs[name]?.audiences ?? []);
  const results: Record<string, Value> = {};
  for (const [source, channels] of hub.bySource(names)) {
    const positions = await source.position(channels);
    for (const name of channels) {
      const position = positions.get(name);
      const subscription = connection.subscriptions.get(name);
      if (position === undefined || subscription === undefined) {
        hub.unsubscribe(connection, name);
        continue;
      }
      const recovery = requestedRecovery(Object.hasOwn(asked, name) ? asked[name] : undefined);
      const { result, upTo } = await subscribeResult(name, source, position, recovery, subscription.audiences);
      subscription.from = upTo;
      hub.channel(name)?.locate(position.offset, position.epoch);
      const data = subs[name]?.data;
      results[name] = data === undefined ? result : { ...result, data: new Payload(data) };
    }
  }
  return results;
}

async function rpc(connection: Connection, request: Value): Promise<Value> {
  const { hub } = connection;
  const { handlers: own } = hub.options;
  if (own.rpc === undefined) throw new ReplyError(errors.notAvailable);
  const method = isText(request['method']) ? request['method'] : '';
  const { data } = unwrap(
    await own.rpc({
      client: connection.id,
      user: connection.user,
      method,
      data: request['data'],
      meta: connection.meta,
    }),
  );
  return { rpc: data === undefined ? {} : { data: new Payload(data) } };
}

/** Channels are given by the server alone: an explicit subscribe is checked in the protocol's order and refused. */
function subscribe(connection: Connection, request: Value): Value {
  const channel = channelName(request);
  const { delta, tf, type = 0 } = request;
  if (isText(delta) && delta !== 'fossil') throw new DisconnectError(disconnects.badRequest);
  if (channel.length > limits.channelLength || !/^[\x20-\x7e]*$/.test(channel)) throw new ReplyError(errors.badRequest);
  if (connection.subscriptions.has(channel)) throw new ReplyError(errors.alreadySubscribed);
  if (connection.subscriptions.size >= limits.channels) throw new ReplyError(errors.limitExceeded);
  checkNamespace(connection, channel);
  if (tf !== undefined) throw new ReplyError(errors.badRequest);
  throw new ReplyError(type === 4 ? errors.notAvailable : errors.permissionDenied);
}

function unavailable(connection: Connection, request: Value): Value {
  checkNamespace(connection, channelName(request));
  throw new ReplyError(errors.notAvailable);
}

function checkNamespace(connection: Connection, channel: string): void {
  if (connection.hub.namespace(channel) === undefined) throw new ReplyError(errors.unknownChannel);
}

function channelName(request: Value): string {
  const { channel } = request;
  if (!isText(channel)) throw new DisconnectError(disconnects.badRequest);
  return channel;
}

function unwrap<T>(answer: HandlerAnswer<T>): T {
  if ('disconnect' in answer) throw new DisconnectError(answer.disconnect);
  if ('error' in answer) throw new ReplyError(answer.error);
  return answer.result;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
