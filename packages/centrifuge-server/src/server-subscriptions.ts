import type { Channels } from './channels.ts';
import type { Connection } from './connection.ts';
import { limits } from './limits.ts';
import { DisconnectError, disconnects, serverUnsubscribe } from './protocol/codes.ts';
import { Payload, type Value } from './protocol/values.ts';
import { requestedRecovery, subscribeResult } from './recovery.ts';
import type { SharedSource } from './shared-source.ts';
import type { ServerSubscription } from './types.ts';

/**
 * Subscriptions the server makes. Each hears of publications from before its stream is read, so that none falls
 * between the reading and the word to the client. One that is gone after an await was ended meanwhile: by the
 * connection's end, or by whoever took it away.
 */

/** Makes those of a connect; answers their part of the reply. Streams that do not exist are left out. */
export async function subscribeAtConnect(
  channels: Channels,
  connection: Connection,
  subs: Readonly<Record<string, ServerSubscription>>,
  asked: Readonly<Record<string, unknown>>,
): Promise<Record<string, Value>> {
  const names = Object.keys(subs);
  if (names.length > limits.channels) throw new DisconnectError(disconnects.channelLimit);
  for (const name of names) channels.subscribe(connection, name, subs[name]?.audiences);
  const results: Record<string, Value> = {};
  const room = { bytes: limits.recoveryBytes };
  for (const [source, ofSource] of bySource(channels, names)) {
    const positions = await source.position(ofSource);
    for (const name of ofSource) {
      const position = positions.get(name);
      const subscription = connection.subscriptions.get(name);
      if (position === undefined || subscription === undefined) {
        channels.unsubscribe(connection, name);
        continue;
      }
      const recovery = requestedRecovery(Object.hasOwn(asked, name) ? asked[name] : undefined);
      const { result, upTo } = await subscribeResult(name, source, position, recovery, subscription.audiences, room);
      subscription.from = upTo;
      channels.find(name)?.locate(position);
      results[name] = withData(result, subs[name]);
    }
  }
  for (const name of names) if (!connection.subscriptions.has(name)) delete results[name];
  return results;
}

/**
 * Subscribes connected clients to a channel and tells them; those that have it are left as they are, those that have
 * too many are ended. Fails where the source does: then nobody is subscribed.
 */
export async function subscribeConnected(
  channels: Channels,
  connections: readonly Connection[],
  name: string,
  options: ServerSubscription,
): Promise<void> {
  const source = channels.sourceOf(name);
  const added = connections.flatMap((connection) => {
    if (!connection.isConnected() || connection.subscriptions.has(name)) return [];
    if (connection.subscriptions.size < limits.channels) {
      return [{ connection, subscription: channels.subscribe(connection, name, options.audiences) }];
    }
    connection.end(disconnects.channelLimit);
    return [];
  });
  if (added.length === 0) return;
  const standing = () =>
    added.filter(({ connection, subscription }) => connection.subscriptions.get(name) === subscription);
  try {
    const position = (await source.position([name])).get(name);
    if (position === undefined) throw new Error(`the stream of ${name} does not exist`);
    channels.find(name)?.locate(position);
    const { result, upTo } = await subscribeResult(name, source, position, undefined, []);
    for (const { connection, subscription } of standing()) {
      subscription.from = upTo;
      connection.tell(name, { subscribe: withData(result, options) });
      subscription.told();
    }
  } catch (error) {
    for (const { connection } of standing()) channels.unsubscribe(connection, name);
    throw error;
  }
}

/** Takes a channel from clients and tells those that know they have it. */
export function unsubscribeAll(channels: Channels, connections: readonly Connection[], name: string): void {
  for (const connection of connections) {
    const subscription = connection.subscriptions.get(name);
    channels.unsubscribe(connection, name);
    if (subscription?.isTold === true) connection.tell(name, { unsubscribe: serverUnsubscribe });
  }
}

/** Channel names by the source that has their streams. */
function bySource(channels: Channels, names: readonly string[]): Map<SharedSource, string[]> {
  const groups = new Map<SharedSource, string[]>();
  for (const name of names) {
    const source = channels.sourceOf(name);
    const group = groups.get(source);
    if (group === undefined) groups.set(source, [name]);
    else group.push(name);
  }
  return groups;
}

function withData(result: Value, { data }: ServerSubscription = {}): Value {
  return data === undefined ? result : { ...result, data: new Payload(data) };
}
