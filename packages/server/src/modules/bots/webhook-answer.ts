import { WebhookAnswer } from '@molva/contract';
import { checker } from '../../platform/check.ts';
import type { Ids } from '../../platform/ids.ts';
import { wholeText } from '../../platform/text.ts';
import { checkData, linkedAttachment, type BotInput, type BotMessage, type BotTurn } from '../sessions/index.ts';

/** Where a dialog with a webhook bot stands: plain JSON. */
export interface WebhookState {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly results: Readonly<Record<string, unknown>>;
}

/** What files of an answer are made with. */
export interface AnswerParts {
  readonly ids: Ids;
  readonly publicUrl: string;
  readonly now: number;
}

const check = checker(WebhookAnswer);

/** Reads a webhook's answer as a turn; throws `invalid-input` with the fields that do not fit, and `data-too-large`. */
export function readAnswer(
  state: WebhookState,
  answer: unknown,
  asked: BotInput['kind'] | undefined,
  parts: AnswerParts,
): BotTurn {
  const read = check(objects(storable(answer))) as WebhookAnswer;
  const next: WebhookState = {
    variables: merged(state.variables, read.variables),
    results: merged(state.results, read.result),
  };
  checkData(state, next);
  const wish = read.handOver ?? (wantsPeople(read, asked) ? {} : null);
  const status = wish === null ? (read.status ?? 'WAIT') : 'OPERATOR';
  return {
    state: next,
    status,
    messages: messagesOf(read, status === 'STOP', parts),
    pause: null,
    deadline: status === 'WAIT' && typeof read.deadline === 'number' ? read.deadline * 1000 : null,
    handOver: wish && {
      groupId: wish.groupId ?? null,
      announcement: wish.announcement ?? null,
      // Whoever says nothing where nobody is there is not asked that again.
      fallback: read.handOver !== undefined || asked !== 'operatorNotFound',
    },
    results: next.results,
    facts: read.facts ?? [],
    path: (read.messages ?? []).flatMap(({ nodeId }) => nodeId ?? []),
  };
}

/** The values with others over them; the very same where there are none. */
function merged(before: WebhookState['variables'], given: WebhookState['variables'] = {}): WebhookState['variables'] {
  return Object.keys(given).length === 0 ? before : { ...before, ...given };
}

/** Nothing said where nobody is there means that the client waits for people: nobody waits for nothing. */
function wantsPeople({ status, messages = [] }: WebhookAnswer, asked: BotInput['kind'] | undefined): boolean {
  return status === 'OPERATOR' || (asked === 'operatorNotFound' && status === undefined && messages.length === 0);
}

function messagesOf({ messages = [] }: WebhookAnswer, ends: boolean, parts: AnswerParts): BotMessage[] {
  return messages.map(({ body, answers = [], keyboard, attachments = [], actions = [], nodeId = '' }, index) => ({
    body,
    type: ends && index === messages.length - 1 ? 'TERMINAL' : 'REGULAR',
    answers,
    keyboard: keyboard
      ? {
          buttonsInRow: keyboard.buttonsInRow ?? 2,
          buttons: keyboard.buttons.map((text) => ({ type: 'text' as const, text })),
        }
      : null,
    attachments: attachments.map((file) => {
      const { ids, publicUrl, now } = parts;
      return linkedAttachment({ ...file, size: file.size ?? 0 }, publicUrl, ids, now);
    }),
    actions,
    nodeId,
  }));
}

/** PHP writes an empty object as `[]`: where an object is expected, it is one. */
function objects(answer: unknown): unknown {
  if (isEmptyList(answer)) return {};
  if (typeof answer !== 'object' || answer === null) return answer;
  const { variables, result, handOver, ...rest } = answer as Record<string, unknown>;
  const given = Object.entries({ variables, result, handOver }).filter(([, value]) => value !== undefined);
  return { ...rest, ...Object.fromEntries(given.map(([name, value]) => [name, isEmptyList(value) ? {} : value])) };
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** An answer whose texts a database can store. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return wholeText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [wholeText(name), storable(inner)]));
}
