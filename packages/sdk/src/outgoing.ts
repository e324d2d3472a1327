import type { StartSessionBody } from '@molva/contract';
import { MolvaError } from './errors.ts';
import type { OutgoingMessage } from './outbox/outbox.ts';
import type { ChatMessage } from './timeline/timeline.ts';
import type { ChatOptions } from './types.ts';

/** A message of one's own as it is shown before the server has it. */
export function ownMessage(message: OutgoingMessage): ChatMessage {
  return {
    id: message.clientMessageId,
    clientMessageId: message.clientMessageId,
    seq: null,
    author: 'CLIENT',
    authorName: '',
    avatar: null,
    body: message.body,
    answers: [],
    keyboard: null,
    attachments: [],
    actions: [],
    type: 'REGULAR',
    replyTo: message.replyToMessageId === null ? null : { id: message.replyToMessageId, body: '', authorName: '' },
    createdAt: message.createdAt,
    delivery: 'pending',
    read: false,
  };
}

/** What the start call says of the client. */
export async function startBody({ client = {}, variables, identityToken }: ChatOptions): Promise<StartSessionBody> {
  const token = typeof identityToken === 'function' ? await identityToken() : identityToken;
  const body = {
    clientName: client.name,
    clientNameForOperator: client.name,
    clientPhone: client.phone,
    clientEmail: client.email,
    clientExternalId: client.externalId,
    clientTimezone: client.timezone ?? -new Date().getTimezoneOffset(),
    clientMetadata: client.metadata,
    variables,
    identityToken: token,
    returnAnswerAsync: true,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as StartSessionBody;
}

/** The error of a socket the server closed for good. */
export function socketError(code: number, reason: string): MolvaError {
  return new MolvaError({
    kind: 'refused',
    message: `The live connection was refused: ${reason} (${code})`,
    remedy: 'Check that the page’s origin is among the allowed origins of the server.',
    status: code,
  });
}
