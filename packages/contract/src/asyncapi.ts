import { Type, type TSchema } from 'typebox';
import { API_BASE } from './bases.ts';
import { DocumentSchemas, type Json } from './document-schemas.ts';
import { errorTable, passesByItself, type ErrorCode } from './errors.ts';
import { eventSchemas, type EventName } from './events.ts';
import { exampleOf } from './example.ts';
import {
  CALLS_A_MINUTE,
  failsAsError,
  LIVE_PATH,
  rpcAnswers,
  RpcRefusal,
  rpcSchemas,
  WIDGET_NAMESPACE,
  WidgetConnectData,
  type RpcName,
} from './live.ts';
import { MessageAccepted } from './messages.ts';
import { Success, Uuid } from './primitives.ts';

/** The number of a command; its reply has the same. */
function numbered(example: number) {
  const description = 'number of the command, counted by the client; the reply repeats it';
  return Type.Integer({ minimum: 1, description, examples: [example] });
}

const Connect = Type.Object({
  id: numbered(1),
  connect: Type.Object({
    data: WidgetConnectData,
    name: Type.Optional(Type.String({ description: 'name of the client library', default: 'js' })),
  }),
});

const Connected = Type.Object({
  id: numbered(1),
  connect: Type.Object({
    client: Uuid,
    version: Type.String({ examples: ['1.0.0 Molva'] }),
    subs: Type.Record(
      Type.String(),
      Type.Object({
        recoverable: Type.Optional(Type.Boolean()),
        positioned: Type.Optional(Type.Boolean()),
        epoch: Type.Optional(Type.String()),
        offset: Type.Optional(Type.Integer({ description: 'the last `eventSeq` there is' })),
      }),
      {
        description: 'the channels, one for each session that is open and held; they are subscribed to already',
        examples: [
          {
            [`${WIDGET_NAMESPACE}:9c2b8f6e-4f11-4f0e-8d0a-6f7a1c3e5b32`]: {
              recoverable: true,
              positioned: true,
              epoch: '1769579399',
              offset: 13,
            },
          },
        ],
      },
    ),
    ping: Type.Integer({ description: 'seconds between pings of the server', examples: [25] }),
    pong: Type.Boolean({ description: 'whether a ping wants an answer; both are `{}`', examples: [true] }),
  }),
});

const answered = (data: TSchema) => Type.Object({ id: numbered(2), rpc: Type.Object({ data }) });
const Succeeded = answered(Success);
const Accepted = answered(MessageAccepted);
const Refused = answered(RpcRefusal);

const Failed = Type.Object({
  id: numbered(2),
  error: Type.Object({
    code: Type.Integer({ description: 'HTTP status of the failure; below 400 a code of the Centrifuge protocol' }),
    message: Type.String({ description: 'the `error` of the error table' }),
    temporary: Type.Optional(Type.Boolean({ description: 'whether trying again may help' })),
  }),
});

const refusals = [
  'entity-not-found',
  'session-token-refused',
  'session-closed',
  'client-banned',
  'invalid-input',
  'too-many-requests',
  'database-away',
  'no-room',
] as const satisfies readonly ErrorCode[];

const failed = refusals.map((name) => {
  const { status, message } = errorTable[name];
  const temporary = passesByItself(status) ? { temporary: true } : {};
  return { name, payload: { id: 2, error: { code: status, message, ...temporary } } };
});

const refused = refusals.map((code) => {
  const retryAfter = passesByItself(errorTable[code].status) ? { retryAfter: 2 } : {};
  return { name: code, payload: { id: 2, rpc: { data: { success: false, code, ...retryAfter } } } };
});

/**
 * The AsyncAPI 3 document of the live side, made from the schemas that validate.
 * @param server the public address of the HTTP API, without a path
 */
export function asyncApiDocument(server: string, version: string): Json {
  const schemas = new DocumentSchemas();
  const [, secure, host = ''] = /^http(s?):\/\/([^/]*)/.exec(server) ?? [];
  const rpcs = Object.entries(rpcSchemas) as [RpcName, TSchema][];
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Molva live',
      version,
      description:
        'What happens in a session while its client is connected. A client connects, is subscribed to the channels of its sessions, joins them and receives events. Use an official `centrifuge` client library: it does the framing, answers pings, connects again and recovers what was missed. Whatever it cannot recover is in the event log, `GET /sessions/{sessionId}/events`.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
      externalDocs: { url: `${server}${API_BASE}/openapi.json`, description: 'the HTTP API' },
    },
    defaultContentType: 'application/json',
    servers: {
      live: {
        host,
        pathname: LIVE_PATH,
        protocol: secure === 's' ? 'wss' : 'ws',
        description:
          'The Centrifuge client protocol (version 2) over WebSocket, as JSON (subprotocol `centrifuge-json`, or none) or as Protobuf (`centrifuge-protobuf`). A text frame holds one JSON object or several, one a line.',
      },
    },
    channels: {
      connection: {
        address: null,
        title: 'The connection itself',
        description: `Commands of the client and their replies, matched by \`id\`. The first command is \`connect\`. Commands of a connection are done one after another. A call that is not done says so in its data (\`refused\`); \`connect\`, \`joinSession\` and what there is no method for are answered by an error in its place (\`failed\`). A session takes ${CALLS_A_MINUTE.session} calls a minute, over however many connections; a connection as many for each session it was given, and ${CALLS_A_MINUTE.connection} in all.`,
        messages: {
          connect: command('connect', 'Names the sessions to listen to.', Connect, schemas),
          connected: command('connected', 'The channels of the sessions.', Connected, schemas),
          ...Object.fromEntries(
            rpcs.map(([name, data]) => [name, command(name, wordsOf(data), call(name, data), schemas)]),
          ),
          succeeded: command('succeeded', 'The command was done.', Succeeded, schemas),
          accepted: command('accepted', 'The message was taken.', Accepted, schemas),
          refused: { ...command('refused', 'The call was not done.', Refused, schemas), examples: refused },
          failed: { ...command('failed', 'The command was not done.', Failed, schemas), examples: failed },
        },
      },
      [WIDGET_NAMESPACE]: {
        address: `${WIDGET_NAMESPACE}:{sessionId}`,
        title: 'A session',
        description:
          'One channel for each session. Take its name from the reply of `connect`, where it is subscribed to already. Every message is `{event, data}`, the `data` of a publication: `{"push": {"channel": "…", "pub": {"data": {"event": "…", "data": {…}}, "offset": 13}}}`. `offset` and `data.eventSeq` are the same number, counted by session without gaps; an event without them leaves no trace. An event that is not known is to be ignored.',
        parameters: { sessionId: { description: 'the session', examples: [exampleOf(Uuid, 'sessionId')] } },
        messages: Object.fromEntries(
          (Object.keys(eventSchemas) as EventName[]).map((event) => [event, eventMessage(event, schemas)]),
        ),
      },
    },
    operations: {
      connect: {
        ...operation('receive', 'connection', 'Begins: names the sessions to listen to.', ['connect']),
        reply: reply('connected', 'failed'),
      },
      ...Object.fromEntries(
        rpcs.map(([name, data]) => [
          name,
          {
            ...operation('receive', 'connection', wordsOf(data), [name]),
            reply: reply(
              rpcAnswers[name] === Success ? 'succeeded' : 'accepted',
              failsAsError(name) ? 'failed' : 'refused',
            ),
          },
        ]),
      ),
      events: operation('send', WIDGET_NAMESPACE, 'Everything that happens in a session', Object.keys(eventSchemas)),
    },
  };
  return { ...document, components: { schemas: schemas.described() } };
}

/** What a schema says of itself. */
function wordsOf(schema: TSchema): string {
  const { description } = schema as { readonly description?: string };
  if (description === undefined) throw new Error(`nothing is said of ${JSON.stringify(schema)}`);
  return description;
}

function call(name: RpcName, data: TSchema): TSchema {
  return Type.Object({ id: numbered(2), rpc: Type.Object({ method: Type.Literal(name), data }) });
}

function command(name: string, summary: string, payload: TSchema, schemas: DocumentSchemas): Json {
  return {
    ...message(name, summary, payload, schemas),
    correlationId: { location: '$message.payload#/id', description: 'the number of the command' },
  };
}

function eventMessage(event: EventName, schemas: DocumentSchemas): Json {
  const envelope = Type.Object({ event: Type.Literal(event), data: eventSchemas[event] });
  return message(event, wordsOf(eventSchemas[event]), envelope, schemas);
}

function message(name: string, summary: string, payload: TSchema, schemas: DocumentSchemas): Json {
  return {
    name,
    title: name,
    summary,
    payload: schemas.place(payload),
    examples: [{ name, payload: exampleOf(payload) }],
  };
}

function operation(action: 'send' | 'receive', channel: string, summary: string, messages: readonly string[]): Json {
  return { action, channel: { $ref: `#/channels/${channel}` }, summary, messages: messagesOf(channel, messages) };
}

function reply(...names: readonly string[]): Json {
  return { channel: { $ref: '#/channels/connection' }, messages: messagesOf('connection', names) };
}

function messagesOf(channel: string, names: readonly string[]): Json[] {
  return names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }));
}
