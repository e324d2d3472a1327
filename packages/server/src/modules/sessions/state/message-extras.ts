import type { Action, Attachment, Keyboard, ReplyToMessage } from '@molva/contract';
import { storedWireDate } from '../../../platform/instant.ts';
import type { NewMessage } from './draft.ts';

/** What most messages do not have, as JSON; null where there is nothing. */
export function packedExtras(
  message: Pick<NewMessage, 'answers' | 'keyboard' | 'attachments' | 'actions' | 'nodeId'>,
): string | null {
  const { answers, keyboard, attachments, actions, nodeId } = message;
  const has = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0;
  if (!has(answers) && !has(attachments) && !has(actions) && !keyboard && nodeId === undefined) return null;
  return JSON.stringify({ answers, keyboard, attachments, actions, nodeId });
}

/** What most messages do not have, unpacked. */
export function unpackedExtras(extras: Record<string, unknown> | null): {
  answers: string[];
  keyboard: Keyboard | null;
  attachments: Attachment[];
  actions: Action[];
} {
  const {
    answers = [],
    keyboard = null,
    attachments = [],
    actions = [],
  } = (extras ?? {}) as {
    answers?: string[];
    keyboard?: Keyboard | null;
    attachments?: Attachment[];
    actions?: Action[];
  };
  const files = attachments.map((file) => ({ ...file, createdAt: storedWireDate(file.createdAt) }));
  return { answers, keyboard, attachments: files, actions };
}

/** What a message's event tells and its row does not keep, as JSON; null where there is nothing. */
export function packedEventExtras({ avatar, replyTo }: Pick<NewMessage, 'avatar' | 'replyTo'>): string | null {
  return avatar === undefined && replyTo === undefined ? null : JSON.stringify({ avatar, replyTo });
}

/** The same, unpacked. */
export function unpackedEventExtras(extras: Record<string, unknown> | null): {
  avatar?: string;
  replyTo?: ReplyToMessage;
} {
  return extras ?? {};
}
