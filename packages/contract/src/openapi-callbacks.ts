import type { TSchema } from 'typebox';
import { callbackSchemas, notificationSchemas, type CallbackName } from './callbacks.ts';
import { WebhookAnswer } from './dialogs.ts';
import type { DocumentSchemas, Json } from './document-schemas.ts';
import { exampleOf } from './example.ts';

const tries = 'Tried four times: at once and after 5, 30 and 120 seconds, in order within a session.';

const texts: Readonly<Record<CallbackName, { summary: string; description: string }>> = {
  botAnswer: {
    summary: 'What a bot said',
    description: `Goes to the \`callbackUrl\` of a session or dialog whose answers are asynchronous. ${tries}`,
  },
  dialogResult: {
    summary: 'How a dialog ended',
    description: `Goes to each address of \`dialogResultCallbacks\`, once, at the end of the dialog. ${tries}`,
  },
  botQuestion: {
    summary: 'A question to a webhook bot',
    description:
      'An input of the dialog. Answer within three seconds, or with 202 and later to `reply.url`. Three tries, which share their `Idempotency-Key`.',
  },
  eventNotification: {
    summary: 'Something happened in a session',
    description: `Goes to the \`eventCallbackUrl\` that the company named for the session, else of the chat, for the events of \`notifyOnEvents\`; what an open start named is told beside it. ${tries}`,
  },
  push: {
    summary: 'A push to the device of a client',
    description: `Goes to the \`fcmServiceUrl\` of the chat, FCM where it has none, when something is said while the client is away. \`Authorization: key=<fcmServerKey>\`. ${tries}`,
  },
};

/** Where in the body of a call the address of a callback is given, by operation. */
const addresses: Readonly<Record<string, Partial<Record<CallbackName, string>>>> = {
  startSession: { botAnswer: '/callbackUrl', eventNotification: '/eventCallbackUrl' },
  continueOrStartSession: { botAnswer: '/callbackUrl', eventNotification: '/eventCallbackUrl' },
  createChat: { eventNotification: '/eventCallbackUrl', push: '/fcmServiceUrl' },
  updateChat: { eventNotification: '/eventCallbackUrl', push: '/fcmServiceUrl' },
  createBot: { botQuestion: '/webhook/url' },
  updateBot: { botQuestion: '/webhook/url' },
  startDialog: { botAnswer: '/callbackUrl', dialogResult: '/dialogResultCallbacks/url' },
  replyToDialog: { botAnswer: '/callbackUrl' },
  reloadDialog: { botAnswer: '/callbackUrl' },
};

/** The calls that follow from an operation; undefined where none does. */
export function callbacksOf(operationId: string): Json | undefined {
  const follow = addresses[operationId];
  if (follow === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(follow).map(([name, pointer]) => [
      name,
      { [`{$request.body#${pointer}}`]: { $ref: `#/webhooks/${name}` } },
    ]),
  );
}

/** The calls that Molva makes, one after another, as the document's webhooks; what follows from an operation refers to them. */
export function* webhooks(schemas: DocumentSchemas): Generator<[name: string, webhook: Json], void, undefined> {
  for (const [name, schema] of Object.entries(callbackSchemas)) {
    yield [name, { post: call(name as CallbackName, schema, schemas) }];
  }
}

function call(name: CallbackName, schema: TSchema, schemas: DocumentSchemas): Json {
  return {
    operationId: name,
    ...texts[name],
    security: [],
    parameters: headers(name),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: schemas.place(schema), examples: examples(name, schema) } },
    },
    responses:
      name === 'botQuestion' ? botAnswers(schemas) : { '2XX': { description: 'Heard; the body is not read.' } },
  };
}

function headers(name: CallbackName): Json[] {
  const header = (title: string, description: string, example: string, required: boolean): Json => ({
    name: title,
    in: 'header',
    description,
    required,
    schema: { type: 'string' },
    example,
  });
  if (name === 'push') return [];
  const secret = name === 'botQuestion' ? 'the `secret` of the webhook' : 'the `callbackSecret`, where one is set';
  return [
    header(
      'X-Signature',
      `HMAC-SHA256 of the body with ${secret}, in hexadecimal`,
      '4be1c0f5a1d6e0b3c9a4758e2f1d6b0c4be1c0f5a1d6e0b3c9a4758e2f1d6b0c',
      name === 'botQuestion',
    ),
    header('Webhook-Id', 'the id of the call, the same in every try', 'msg_4711', name === 'botQuestion'),
    header('Webhook-Timestamp', 'seconds since 1970, of this try', '1769601600', name === 'botQuestion'),
    header(
      'Webhook-Signature',
      'of Standard Webhooks, with the same secret: of id, timestamp and body',
      'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
      name === 'botQuestion',
    ),
    ...(name === 'botQuestion'
      ? [
          header(
            'Idempotency-Key',
            'the `id` of the question, the same in every try',
            String(exampleOf(callbackSchemas.botQuestion.properties.id, 'id')),
            true,
          ),
        ]
      : []),
  ];
}

function examples(name: CallbackName, schema: TSchema): Json {
  const by: readonly [string, TSchema][] =
    name === 'eventNotification' ? Object.entries(notificationSchemas) : [[name, schema]];
  return Object.fromEntries(by.map(([title, one]) => [title, { value: exampleOf(one) }]));
}

function botAnswers(schemas: DocumentSchemas): Json {
  return {
    '200': {
      description: 'What the bot says. Everything can be left out.',
      content: { 'application/json': { schema: schemas.place(WebhookAnswer), example: exampleOf(WebhookAnswer) } },
    },
    '202': { description: 'The answer comes later, to `reply.url`.' },
  };
}
