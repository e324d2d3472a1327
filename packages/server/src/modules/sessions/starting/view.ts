import { wireDate, type Action, type StartedMessage } from '@molva/contract';
import type { PlacedMessage } from '../state/draft.ts';
import { unpackedExtras } from '../state/message-extras.ts';
import type { MessageRow } from '../state/message-row.ts';

/** A bot's message, just written, in the answer of a start. */
export function startedMessage(message: PlacedMessage): StartedMessage {
  const actionList = [...(message.actions ?? [])];
  return {
    id: message.id,
    authorId: message.authorId,
    authorType: message.authorType,
    body: message.body,
    actions: actionMap(actionList),
    actionList,
    answers: [...(message.answers ?? [])],
    keyboard: message.keyboard ?? null,
    attachments: [...(message.attachments ?? [])],
    type: message.type ?? 'REGULAR',
    seq: message.seq,
    createdAt: wireDate(message.createdAt),
  };
}

/** A bot's message, read back, in the answer of a start. */
export function startedRow(row: MessageRow): StartedMessage {
  const { answers, keyboard, attachments, actions } = unpackedExtras(row.extras);
  return {
    id: row.id,
    authorId: row.author_id,
    authorType: row.author_type,
    body: row.body,
    actions: actionMap(actions),
    actionList: actions,
    answers,
    keyboard,
    attachments,
    type: row.type,
    seq: row.seq,
    createdAt: wireDate(row.created_at),
  };
}

/** Actions as the start's answer has them: `[]`, or a map of event to data. */
function actionMap(actions: readonly Action[]): StartedMessage['actions'] {
  if (actions.length === 0) return [];
  const map: Record<string, string> = {};
  for (const { event, type, data = '' } of actions) {
    const name = event ?? type;
    // PHP makes an integer of such a key, and strict clients then drop the whole answer; the list beside has it.
    if (/^-?\d+$/.test(name)) continue;
    const taken = Object.keys(map).filter((key) => key === name || key.startsWith(`${name}_`)).length;
    map[taken === 0 ? name : `${name}_${taken + 1}`] = data;
  }
  return Object.keys(map).length === 0 ? [] : map;
}
