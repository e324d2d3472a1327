import { isText, unwrap } from './answers.ts';
import type { Channels } from './channels.ts';
import type { Connection } from './connection.ts';
import { limits } from './limits.ts';
import { DisconnectError, disconnects } from './protocol/codes.ts';
import { Payload, type CommandValue } from './protocol/values.ts';
import { subscribeAtConnect } from './server-subscriptions.ts';
import type { CentrifugeServerOptions, ConnectResult } from './types.ts';

/** Lets a client in as the application decides. What is decided for one that left meanwhile is dropped. */
export async function connect(
  options: CentrifugeServerOptions,
  channels: Channels,
  connection: Connection,
  { id, request }: CommandValue,
): Promise<void> {
  connection.connecting();
  // Tokens are checked as JWTs by servers that are given a key; without one none can be valid.
  if (isText(request['token'])) throw new DisconnectError(disconnects.invalidToken);
  const asked = (request['subs'] ?? {}) as Record<string, unknown>;
  const { name, version, data } = request;
  const result = unwrap<ConnectResult>(
    await options.handlers.connect({
      client: connection.id,
      transport: 'websocket',
      protocol: connection.encoding.name,
      encoding: 'json',
      ...(isText(name) ? { name } : {}),
      ...(isText(version) ? { version } : {}),
      ...(data === undefined ? {} : { data }),
      channels: Object.keys(asked),
      headers: connection.headers ?? {},
      address: connection.address,
    }),
  );
  if (!connection.isOpen()) return;
  connection.user = result.user;
  connection.meta = result.meta;
  const subs = await subscribeAtConnect(channels, connection, result.subs ?? {}, asked);
  if (!connection.isOpen()) return;
  connection.established();
  connection.reply(id, {
    connect: {
      client: connection.id,
      version: options.version,
      ...(result.data === undefined ? {} : { data: new Payload(result.data) }),
      subs,
      // Who asked for pings of the transport expects none of the protocol.
      ...(connection.framePings ? {} : { ping: limits.pingSeconds, pong: true }),
    },
  });
  for (const subscription of connection.subscriptions.values()) subscription.told();
}
