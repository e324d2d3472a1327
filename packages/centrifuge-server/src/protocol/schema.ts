/** How a field is written: a scalar, raw payload bytes, another message, or a map from text to messages. */
export type Kind =
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string'
  | 'bytes'
  | { readonly message: Schema }
  | { readonly list: Schema }
  | { readonly map: Schema };

/** One field: how JSON begins it, its Protobuf number, its kind, and whether JSON writes it when it is empty. */
export interface Field {
  readonly name: string;
  readonly key: string;
  readonly number: number;
  readonly kind: Kind;
  readonly always: boolean;
}

/** A message of the protocol; both encodings are made from this one table. */
export interface Schema {
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

function schema(fields: Record<string, readonly [number: number, kind: Kind, always?: 'always']>): Schema {
  const list = Object.entries(fields).map(([name, [number, kind, always]]) => ({
    name,
    key: `"${name}":`,
    number,
    kind,
    always: always !== undefined,
  }));
  return { fields: list, byNumber: new Map(list.map((field) => [field.number, field])) };
}

const Empty = schema({});
const ClientInfo = schema({
  user: [1, 'string', 'always'],
  client: [2, 'string', 'always'],
  conn_info: [3, 'bytes'],
  chan_info: [4, 'bytes'],
});
const Publication = schema({
  data: [4, 'bytes'],
  info: [5, { message: ClientInfo }],
  offset: [6, 'uint64'],
  epoch: [14, 'string'],
});
const SubscribeRequest = schema({
  channel: [1, 'string'],
  token: [2, 'string'],
  recover: [3, 'bool'],
  epoch: [6, 'string'],
  offset: [7, 'uint64'],
  data: [8, 'bytes'],
  positioned: [9, 'bool'],
  recoverable: [10, 'bool'],
  join_leave: [11, 'bool'],
  delta: [12, 'string'],
  tf: [13, 'bytes'],
  flag: [14, 'uint64'],
  type: [15, 'uint32'],
});
const SubscribeResult = schema({
  recoverable: [3, 'bool'],
  epoch: [6, 'string'],
  publications: [7, { list: Publication }],
  recovered: [8, 'bool'],
  offset: [9, 'uint64'],
  positioned: [10, 'bool'],
  data: [11, 'bytes'],
  was_recovering: [12, 'bool'],
});

/** What clients send. */
export const Command: Schema = schema({
  id: [1, 'uint32'],
  connect: [
    4,
    {
      message: schema({
        token: [1, 'string'],
        data: [2, 'bytes'],
        subs: [3, { map: SubscribeRequest }],
        name: [4, 'string'],
        version: [5, 'string'],
      }),
    },
  ],
  subscribe: [5, { message: SubscribeRequest }],
  unsubscribe: [6, { message: schema({ channel: [1, 'string'] }) }],
  publish: [7, { message: schema({ channel: [1, 'string'], data: [2, 'bytes'], type: [3, 'uint32'] }) }],
  presence: [8, { message: schema({ channel: [1, 'string'] }) }],
  presence_stats: [9, { message: schema({ channel: [1, 'string'] }) }],
  history: [10, { message: schema({ channel: [1, 'string'] }) }],
  ping: [11, { message: Empty }],
  send: [12, { message: schema({ data: [1, 'bytes'] }) }],
  rpc: [13, { message: schema({ data: [1, 'bytes'], method: [2, 'string'] }) }],
  refresh: [14, { message: schema({ token: [1, 'string'] }) }],
  sub_refresh: [15, { message: schema({ channel: [1, 'string'], token: [2, 'string'] }) }],
});

/** The fields of a command beside its id: what it asks for. */
export const REQUESTS: readonly string[] = Command.fields.slice(1).map(({ name }) => name);

/** What the server sends: replies with an id, pushes without. */
export const Reply: Schema = schema({
  id: [1, 'uint32'],
  error: [2, { message: schema({ code: [1, 'uint32'], message: [2, 'string'], temporary: [3, 'bool'] }) }],
  push: [
    4,
    {
      message: schema({
        channel: [2, 'string'],
        pub: [4, { message: Publication }],
        unsubscribe: [7, { message: schema({ code: [2, 'uint32'], reason: [3, 'string'] }) }],
        subscribe: [
          9,
          {
            message: schema({
              recoverable: [1, 'bool'],
              epoch: [4, 'string'],
              offset: [5, 'uint64'],
              positioned: [6, 'bool'],
              data: [7, 'bytes'],
            }),
          },
        ],
      }),
    },
  ],
  connect: [
    5,
    {
      message: schema({
        client: [1, 'string'],
        version: [2, 'string'],
        data: [5, 'bytes'],
        subs: [6, { map: SubscribeResult }],
        ping: [7, 'uint32'],
        pong: [8, 'bool'],
      }),
    },
  ],
  subscribe: [6, { message: SubscribeResult }],
  unsubscribe: [7, { message: Empty }],
  rpc: [13, { message: schema({ data: [1, 'bytes'] }) }],
});
