import type { StartSessionBody } from '@molva/contract';
import type { Caller } from '../../../platform/route.ts';
import type { ChatRecord } from '../../chats/index.ts';
import type { ClientClaim, FoundClient, Identity } from '../../clients/index.ts';
import type { IncomingMessage } from '../answering/client-message.ts';
import { checkContent } from '../state/message-content.ts';
import { readIdentity } from './identity.ts';
import type { IdentityTokens } from './identity-tokens.ts';
import { checkCalls } from './options.ts';
import { startKeys, type StartKeys } from './start-key.ts';
import type { ClientInChat } from './start-store.ts';

/** A start or continue as it came in. */
export interface StartCall {
  readonly chatId: string;
  readonly body: StartSessionBody;
  readonly caller: Caller;
  /** The `Idempotency-Key` it came with. */
  readonly key: string | undefined;
  /** Whether the client's newest live session may be continued (PUT) or a new one is wanted (POST). */
  readonly continues: boolean;
}

/** What a start was asked with, read and checked. */
export interface StartRequest extends Omit<StartCall, 'key'> {
  readonly chat: ChatRecord;
  readonly identity: Identity | null;
  /** The caller is a user of the company: the key it came with. */
  readonly company: { readonly key: string | null } | null;
  readonly keys: StartKeys;
  /** The client's message, without its files: those are found where the session is known. */
  readonly incoming: IncomingMessage | null;
  readonly fileIds: readonly string[];
  /** Whether the bot's answer is wanted live or by callback, and not in the response. */
  readonly later: boolean;
  readonly now: number;
}

/** Reads a start as far as it can be without its session; throws what refuses it. */
export async function readStart(
  tokens: IdentityTokens,
  call: StartCall,
  chat: ChatRecord,
  now: number,
): Promise<StartRequest> {
  const { body, caller, key: header, ...rest } = call;
  const { identityToken = caller.identity?.token } = body;
  const company = caller.user?.companyId === chat.companyId ? { key: caller.user.apiKeyId ?? null } : null;
  const keys = startKeys(header, body.clientMessageId, company !== null || identityToken !== undefined);
  checkCalls(body, chat, company !== null);
  const identity = await readIdentity(tokens, chat, identityToken, company !== null, now);
  const fileIds = (body.messageAttachments ?? []).map((file) => (typeof file === 'string' ? file : file.id));
  const carries = body.messageBody !== undefined || fileIds.length > 0;
  if (carries) checkContent(body.messageBody ?? '', fileIds, 'messageBody');
  const text = { body: body.messageBody ?? '', attachments: [], replyToMessageId: body.replyToMessageId };
  return {
    ...rest,
    body,
    caller,
    chat,
    identity,
    company,
    keys,
    incoming: carries ? { ...text, key: keys.message } : null,
    fileIds,
    later: body.returnAnswerAsync === true,
    now,
  };
}

/** What the caller of a start says of its client. */
export function claimOf(request: StartRequest): ClientClaim {
  const { chat, body, identity, company, now } = request;
  const { companyId, settings } = chat;
  const believes = settings.resumeByExternalId;
  return { companyId, body, identity, company, believes, verifies: verifies(request), now };
}

/** Whether the chat asks anybody for a proof: where none does, an id is trusted as it is. */
export function verifies({ chat }: Pick<StartRequest, 'chat'>): boolean {
  return chat.settings.identityVerification !== 'off';
}

/** The client that was found for a start, in its chat. */
export function clientOf({ chat }: StartRequest, { row }: FoundClient): ClientInChat {
  return { companyId: chat.companyId, chatId: chat.id, clientId: row.id };
}
