import { exampleOf, LIVE_PATH, rpcSchemas, widgetChannel, type RpcName } from '@molva/contract';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import type { TSchema } from 'typebox';
import { WebSocket } from 'ws';
import type { Identity } from '../operations/tenant.ts';
import type { Shape } from '../operations/wrong-values.ts';
import type { Cast } from './cast.ts';

/** A connection, and what came over it. */
export interface Visitor extends Disposable {
  readonly client: Centrifuge;
  readonly channels: string[];
  /** The session of each event. */
  readonly heard: unknown[];
}

/** Connects as an application that names sessions and offers a token for each. */
export async function connectVisitor(url: string, tokens: Readonly<Record<string, string>>): Promise<Visitor> {
  const client = new Centrifuge(url.replace('http', 'ws') + LIVE_PATH, {
    websocket: WebSocket,
    data: { application: 'widget', settings: { sessions: Object.keys(tokens), sessionTokens: tokens, echo: true } },
  });
  const channels: string[] = [];
  const heard: unknown[] = [];
  client.on('subscribed', ({ channel }) => channels.push(channel));
  client.on('publication', ({ channel }: PublicationContext) => heard.push(channel));
  client.connect();
  await client.ready(10_000);
  return { client, channels, heard, [Symbol.dispose]: () => client.disconnect() };
}

/** The data of a command about a session and its message; a property without an example fails. */
export function commandData(method: RpcName, session: { id: string; messageId: string }): Record<string, unknown> {
  const { properties = {}, required = [] } = rpcSchemas[method] as Shape;
  const given: Readonly<Record<string, unknown>> = session;
  return Object.fromEntries(
    required.map((name) => [name, given[name] ?? exampleOf(properties[name] as TSchema, name, method)]),
  );
}

/** What a command is answered: its data, or the error in its place. */
export async function answerOf({ client }: Visitor, method: string, data: unknown): Promise<unknown> {
  try {
    return (await client.rpc(method, data)).data;
  } catch (error) {
    const { code, message } = error as { code: number; message: string };
    return { code, message };
  }
}

/** Tokens that somebody else offers for a session at a connect. */
export function offersOf({ guarded, home, stranger, broken }: Cast): Readonly<Record<string, string>> {
  const textOf = ({ authorization = '' }: Identity): string => authorization.replace('Bearer ', '');
  return {
    nobody: '',
    'another client': guarded.other.sessionToken ?? '',
    'another client with a proof': guarded.otherIdentityToken,
    'API key': textOf(home.backEnd),
    operator: textOf(home.operator.header),
    administrator: textOf(home.tenant.admin),
    'another company': textOf(stranger.tenant.admin),
    ...Object.fromEntries(Object.entries(broken).map(([who, as]) => [who, textOf(as)])),
  };
}

/** Whoever offers a wrong token for a session is answered of it as of one that is not there, by every command. */
export async function refusedCommands(cast: Cast, who: string, token: string): Promise<string[]> {
  const { session } = cast.guarded;
  const nowhere = crypto.randomUUID();
  // What is no token of ours in form ends the connection, whatever it was offered for.
  const ends = async (id: string): Promise<string> => {
    try {
      using visitor = await connectVisitor(cast.app.url, { [id]: token });
      return visitor.channels.length === 0 ? 'nothing' : 'a channel';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const [given, ofNothing] = [await ends(session.id), await ends(nowhere)];
  if (given !== ofNothing || given === 'a channel') return [`${who}: connect: ${given}, and of nothing ${ofNothing}`];
  if (given !== 'nothing') return [];
  using visitor = await connectVisitor(cast.app.url, { [session.id]: token, [nowhere]: token });
  const faults: string[] = [];
  for (const method of Object.keys(rpcSchemas) as RpcName[]) {
    const about = async (id: string, messageId: string): Promise<string> =>
      JSON.stringify(await answerOf(visitor, method, commandData(method, { id, messageId })));
    const shown = await about(session.id, session.messages[0]?.id ?? '');
    const wanted = await about(nowhere, crypto.randomUUID());
    if (/"success":true/.test(shown)) faults.push(`${method}: done`);
    else if (shown !== wanted) faults.push(`${method}: ${shown}, and of nothing ${wanted}`);
  }
  for (const [what, ask] of Object.entries(channelCommands(visitor))) {
    const [shown, wanted] = [await ask(widgetChannel(session.id)), await ask(widgetChannel(nowhere))];
    if (shown === 'done' || shown !== wanted) faults.push(`${what}: ${shown}, and of nothing ${wanted}`);
  }
  if (visitor.heard.length > 0) faults.push(`heard ${visitor.heard.length} events`);
  return faults.map((fault) => `${who}: ${fault}`);
}

/** The protocol's commands about channels. */
function channelCommands({ client }: Visitor): Readonly<Record<string, (channel: string) => Promise<string>>> {
  const told = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'done',
      ({ code, message }: { code: number; message: string }) => `${code} ${message}`,
    );
  return {
    publish: (channel) => told(client.publish(channel, { event: 'chatMessageCreated', data: {} })),
    presence: (channel) => told(client.presence(channel)),
    presenceStats: (channel) => told(client.presenceStats(channel)),
    history: (channel) => told(client.history(channel, { limit: 100 })),
    subscribe: (channel) =>
      new Promise((done) => {
        const subscription = client.newSubscription(channel);
        const end = (text: string): void => {
          subscription.removeAllListeners();
          subscription.unsubscribe();
          client.removeSubscription(subscription);
          done(text);
        };
        subscription.on('error', ({ error }) => end(`${error.code} ${error.message}`));
        subscription.on('unsubscribed', ({ code, reason }) => end(`${code} ${reason}`));
        subscription.on('subscribed', () => end('done'));
        subscription.subscribe();
      }),
  };
}
