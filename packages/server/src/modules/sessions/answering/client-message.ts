import { createHash } from 'node:crypto';
import type { Attachment, ReplyToMessage } from '@molva/contract';
import { badField, Failure } from '../../../platform/failure.ts';
import type { BotSource, ReadyBot } from '../state/bot-port.ts';
import type { Draft, PlacedMessage } from '../state/draft.ts';
import type { SessionStore } from '../state/store.ts';
import { giveUp, takeTurn, type StepSetting } from './turns.ts';

/** A client's message as it came in, by whichever way. */
export interface IncomingMessage {
  readonly body: string;
  readonly attachments: readonly Attachment[];
  readonly replyToMessageId: string | undefined;
  /** Makes repeats answer the first answer; unique within the session. */
  readonly key: string | undefined;
}

/** What a client's message needs besides the draft. */
export interface MessageSetting extends StepSetting {
  readonly bot: ReadyBot | undefined;
  readonly replyTo: ReplyToMessage | undefined;
}

/** Adds a client's message to the draft and lets the bot answer it in the same step; a first turn may begin at a block. */
export async function acceptMessage(
  draft: Draft,
  incoming: IncomingMessage,
  setting: MessageSetting,
  nodeId?: string,
): Promise<{ message: PlacedMessage; said: PlacedMessage[] }> {
  refuseUnlessOpen(draft);
  const { session } = draft;
  const message = draft.addMessage({
    id: setting.ids.uuid7(),
    authorType: 'CLIENT',
    authorId: session.clientId,
    authorName: session.options.clientNameForOperator ?? session.clientName,
    body: incoming.body,
    attachments: incoming.attachments,
    replyTo: setting.replyTo,
    clientMessageId: incoming.key,
  });
  const { bot, chat } = setting;
  const idle = chat.settings.allowableOperatorIdleTime;
  if (idle > 0 && session.operatorType === 'OPERATOR' && session.firstClientMessageAfterAt === null) {
    draft.wakeAt('session-idle', draft.now + idle * 1000);
  }
  if (session.operatorType !== 'BOT') return { message, said: [] };
  // A bot that is gone answers nobody: people do.
  if (bot === undefined) return { message, said: await giveUp(draft, setting) };
  const user = { id: message.id, text: incoming.body, attachments: incoming.attachments };
  const input =
    session.bot?.started === false
      ? ({ kind: 'start', message: user, ...(nodeId === undefined ? {} : { nodeId }) } as const)
      : ({ kind: 'message', message: user } as const);
  return { message, said: await takeTurn(draft, { ...setting, bot }, input) };
}

/** Throws where the session takes nothing more from its client. */
export function refuseUnlessOpen(draft: Draft): void {
  if (draft.session.clientBanned) throw new Failure('client-banned');
  refuseClosed(draft);
}

/** Throws where the session is over. A ban is the client's alone: people go on in a session that is not. */
export function refuseClosed(draft: Draft): void {
  if (draft.session.status === 'CLOSED') throw new Failure('session-closed');
}

/** A message is text or files, or both. */
export function checkContent(body: string, attachments: readonly unknown[], field: string): void {
  if (body === '' && attachments.length === 0) throw badField(field, 'may be empty only beside an attachment');
}

/** Reads what a message answers; throws `invalid-input` where the session has no such message. */
export async function readReplyTo(
  store: SessionStore,
  sessionId: string,
  id: string | undefined,
): Promise<ReplyToMessage | undefined> {
  if (id === undefined) return undefined;
  const row = await store.message(sessionId, id);
  if (row === undefined) throw badField('replyToMessageId', 'there is no such message in this session');
  return { id: row.id, authorType: row.author_type, body: row.body, authorName: row.author_name };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text has the form of an id. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The key of a call as a UUID: its own, or one made of whatever text the header holds. */
export function idempotencyKey(clientMessageId: string | undefined, header: string | undefined): string | undefined {
  const text = header ?? clientMessageId;
  if (text === undefined || UUID.test(text)) return text?.toLowerCase();
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** The session's bot, ready; undefined where it no longer exists. */
export function botOf(bots: BotSource, draft: Draft): Promise<ReadyBot | undefined> {
  return bots.ready(draft.session.botId, draft.session.companyId);
}
