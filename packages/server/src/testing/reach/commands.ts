import { exampleOf, LIVE_PATH, rpcSchemas, widgetChannel, type RpcName, type SessionStarted } from '@molva/contract';
import { Centrifuge, type PublicationContext } from 'centrifuge';
import type { TSchema } from 'typebox';
import { generateKeyPairSync, sign } from 'node:crypto';
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

/** What a connection shows: an identity, and a token for each session; one that is empty is not shown. */
export interface Shown {
  readonly tokens: Readonly<Record<string, string>>;
  readonly identityToken?: string;
}

/** Connects as an application that names sessions. */
export async function connectVisitor(url: string, { tokens, identityToken }: Shown): Promise<Visitor> {
  const sessionTokens = Object.fromEntries(Object.entries(tokens).filter(([, token]) => token !== ''));
  const settings = {
    sessions: Object.keys(tokens),
    sessionTokens,
    echo: true,
    ...(identityToken && { identityToken }),
  };
  const client = new Centrifuge(url.replace('http', 'ws') + LIVE_PATH, {
    websocket: WebSocket,
    data: { application: 'widget', settings },
  });
  const channels: string[] = [];
  const heard: unknown[] = [];
  client.on('subscribed', ({ channel }) => channels.push(channel));
  client.on('publication', ({ channel }: PublicationContext) => heard.push(channel));
  client.connect();
  await client.ready(30_000);
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

/** What somebody offers who is not the holder. */
export interface Offer {
  readonly who: string;
  /** For the session: at a connect, and with a join. */
  readonly token?: string;
  readonly identityToken?: string;
  /** Whose token was of this session before it was taken back: it is told that, and gets no further. */
  readonly was?: SessionStarted;
}

/** Offers of everybody who is not the holder, each in every place where it can be shown. */
export function offersOf({ guarded, revoked, identities, home, stranger, reseller, broken }: Cast): Offer[] {
  const textOf = ({ authorization = '' }: Identity): string => authorization.replace('Bearer ', '');
  const { privateKey } = generateKeyPairSync('ed25519');
  const mine = guarded.session.sessionToken ?? '';
  const texts: Readonly<Record<string, string>> = {
    'another client': guarded.other.sessionToken ?? '',
    'a session token of a later epoch': mine.replace(/^s2\.\w+/, 's2.1'),
    'a session token of the form of before': mine.replace('s2.', 's1.'),
    'a session token that another key signed': `s2.0.${sign(null, Buffer.from(mine), privateKey).toString('base64url').slice(0, 43)}`,
    'a token that was taken back': revoked.sessionToken ?? '',
    'API key': textOf(home.backEnd),
    operator: textOf(home.operator.header),
    administrator: textOf(home.tenant.admin),
    reseller: textOf(reseller.tenant.admin),
    'another company': textOf(stranger.tenant.admin),
    ...Object.fromEntries(Object.entries(broken).map(([who, as]) => [who, textOf(as)])),
  };
  return [
    { who: 'nobody' },
    { who: 'the holder of before', token: revoked.sessionToken ?? '', was: revoked },
    ...Object.entries(texts).map(([who, token]) => ({ who: `${who} as a token`, token })),
    ...Object.entries(identities).map(([who, token]) => ({ who: `${who} as a token`, token })),
    ...Object.entries(texts).map(([who, identityToken]) => ({ who: `${who} as an identity`, identityToken })),
    ...Object.entries(identities).map(([who, identityToken]) => ({ who: `${who} as an identity`, identityToken })),
  ];
}

/** Whoever is not the holder is answered of a session as of one that is not there, by every command. */
export async function refusedCommands(cast: Cast, offer: Offer): Promise<string[]> {
  const { who, token = '', identityToken = '', was } = offer;
  const session = was ?? cast.guarded.session;
  const nowhere = crypto.randomUUID();
  const tokens = { [session.id]: token, [nowhere]: token };
  using visitor = await connectVisitor(cast.app.url, { tokens, identityToken });
  const faults = visitor.channels.map((channel) => `was given ${channel}`);
  const commands = (Object.keys(rpcSchemas) as RpcName[]).map((method) => ({ method, more: {} }));
  for (const { method, more } of [...commands, { method: 'joinSession', more: { sessionToken: token } } as const]) {
    if ('sessionToken' in more && token === '') continue;
    const about = async (id: string, messageId: string): Promise<string> =>
      JSON.stringify(await answerOf(visitor, method, { ...commandData(method, { id, messageId }), ...more }));
    const [shown, wanted] = await Promise.all([
      about(session.id, session.messages[0]?.id ?? ''),
      about(nowhere, crypto.randomUUID()),
    ]);
    if (!/"code":/.test(shown)) faults.push(`${method}: done`);
    else if (was === undefined && shown !== wanted) faults.push(`${method}: ${shown}, and of nothing ${wanted}`);
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
