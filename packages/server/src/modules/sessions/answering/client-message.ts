import { createHash } from 'node:crypto';
import type { Attachment, ReplyToMessage } from '@molva/contract';
import { badField, Failure } from '../../../platform/failure.ts';
import type { BotUserMessage } from '../state/bot-input.ts';
import { isUuid } from '../../../platform/ids.ts';
import type { Draft, PlacedMessage } from '../state/draft.ts';
import type { SessionStore } from '../state/store.ts';
import { speakBefore, speakFirst } from './first-words.ts';
import { happen } from './happen.ts';
import type { StepSetting } from './setting.ts';

/** A client's message as it came in, by whichever way. */
export interface IncomingMessage {
  readonly body: string;
  readonly attachments: readonly Attachment[];
  readonly replyToMessageId: string | undefined;
  /** Makes repeats answer the first answer; unique within the session. */
  readonly key: string | undefined;
}

/** A client's message with what it answers. */
export interface ClientSays {
  readonly incoming: IncomingMessage;
  readonly replyTo: ReplyToMessage | undefined;
  /** The block that a first turn begins at. */
  readonly nodeId?: string | undefined;
}

/**
 * Adds a client's message to the draft and lets the bot answer it in the same step, after the first words where those
 * waited for somebody. Null where these ended the session: they are said all the same, and the message comes too late.
 */
export async function continueWithMessage(
  draft: Draft,
  setting: StepSetting,
  says: ClientSays,
): Promise<{ message: PlacedMessage; said: PlacedMessage[] } | null> {
  refuseUnlessOpen(draft);
  const before = await speakBefore(draft, setting);
  if (draft.session.floor.at === 'closed') return null;
  const { message, said } = await acceptMessage(draft, setting, says);
  return { message, said: [...before, ...said] };
}

/** Adds a client's message to the draft and lets the bot answer it in the same step. */
export async function acceptMessage(
  draft: Draft,
  setting: StepSetting,
  { incoming, replyTo, nodeId }: ClientSays,
): Promise<{ message: PlacedMessage; said: PlacedMessage[] }> {
  const message = addClientMessage(draft, setting, { incoming, replyTo });
  const said = await happen(draft, setting, {
    is: 'clientSaid',
    message: heardBy(message),
    question: setting.ids.uuid7(),
    ...(nodeId === undefined ? {} : { nodeId }),
  });
  return { message, said };
}

/** Adds a client's message to the draft of a session that begins; the bot answers it when somebody hears the answer. */
export async function beginWithMessage(draft: Draft, setting: StepSetting, says: ClientSays): Promise<PlacedMessage> {
  const message = addClientMessage(draft, setting, says);
  await speakFirst(draft, setting, 'whenHeard', { nodeId: says.nodeId, message: heardBy(message) });
  return message;
}

function addClientMessage(draft: Draft, { ids }: StepSetting, { incoming, replyTo }: ClientSays): PlacedMessage {
  const { session } = draft;
  return draft.addMessage({
    id: ids.uuid7(),
    authorType: 'CLIENT',
    authorId: session.clientId,
    authorName: session.options.clientNameForOperator ?? session.clientName,
    body: incoming.body,
    attachments: incoming.attachments,
    replyTo,
    clientMessageId: incoming.key,
  });
}

/** A message as bots hear it. */
function heardBy({ id, body, attachments = [] }: PlacedMessage): BotUserMessage {
  return { id, text: body, attachments };
}

/** Throws where the session takes nothing more from its client. A ban is the client's alone: people go on. */
export function refuseUnlessOpen({ session }: Draft): void {
  if (session.clientBanned) throw new Failure('client-banned');
  if (session.floor.at === 'closed') throw new Failure('session-closed');
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

/** The key of a call as a UUID: its own, or one made of whatever text the header holds. */
export function idempotencyKey(clientMessageId: string | undefined, header: string | undefined): string | undefined {
  const text = header ?? clientMessageId;
  if (text === undefined || isUuid(text)) return text?.toLowerCase();
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
