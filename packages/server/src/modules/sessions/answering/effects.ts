import { EventName, wireDate } from '@molva/contract';
import type { Draft } from '../state/draft.ts';
import { botTypes, openQuestion, type Floor, type Wish } from '../state/floor.ts';
import type { OperatorSource } from '../state/operator-port.ts';
import type { HotSession } from '../state/session.ts';
import { outcomeOf } from '../state/outcome.ts';
import { operatorKey, ROUTE_KIND, ROUTE_OPERATOR_KIND, routeKey } from '../state/operator-keys.ts';
import { wishOf } from './floor/outcome.ts';
import type { StepSetting } from './setting.ts';
import { idleLimit, timersOf, type FloorTimer } from './timers-of.ts';

/** Ends after which the client may be asked what it thinks of the conversation. */
const rated: ReadonlySet<string> = new Set(['operator', 'bot', 'expired', 'client']);

/** Lets a floor take the place of the session's, with all that follows from the change: nothing of it is asked for. */
export async function moveTo(draft: Draft, setting: StepSetting, floor: Floor): Promise<void> {
  const before = draft.session;
  if (floor === before.floor) return;
  draft.setFloor(floor);
  const { session } = draft;
  if (floor.at !== 'closed' && operatorDiffers(before, session)) await tellOperator(draft, before, setting.operators);
  if (busyTold(floor) && !busyTold(before.floor)) tellNobody(draft, wishOf(floor));
  if (botTypes(floor) && !stillAt(before.floor, floor)) draft.showTyping('BOT');
  if (beginsToWait(before.floor, floor)) wishRoute(draft, wishOf(floor)?.group ?? null);
  if (before.floor.at === 'person' && (floor.at !== 'person' || floor.id !== before.floor.id)) {
    draft.wakeAt(ROUTE_OPERATOR_KIND, draft.now, operatorKey(session.companyId, before.floor.id));
  }
  if (floor.at === 'person' && draft.seat === null && (before.floor.at !== 'person' || before.floor.id !== floor.id)) {
    draft.seat = { userId: floor.id, epoch: null };
    // No seat that moved on makes it void: whether the person may still answer is looked at once it is committed.
    draft.wakeAt('session-hold', draft.now);
  }
  if (floor.at === 'closed') close(draft, floor.by, setting);
}

/**
 * Wishes for the timers that a step made due earlier than those there are; later ones are found by those. That of a hold
 * may not be there: it goes by a limit of the chat that others change, and is wished for whenever what is owed begins.
 */
export function wishTimers(draft: Draft, setting: StepSetting): void {
  const idle = idleLimit(setting.chat);
  const before = timersOf(draft.before, idle, draft.now);
  const after = timersOf(draft.session, idle, draft.now);
  for (const [kind, at] of Object.entries(after) as [FloorTimer, number][]) {
    const known = before[kind];
    const anew = (kind === 'session-ask' && asksAnother(draft)) || (kind === 'session-hold' && at !== known);
    if (known === undefined || at < known || anew) draft.wakeAt(kind, at);
  }
}

/** Whether another question is the one to be asked: its row may be kept by the run of the one before. */
function asksAnother({ before, session }: Draft): boolean {
  return openQuestion(before.floor)?.id !== openQuestion(session.floor)?.id;
}

/** Asks that routing looks at the sessions that wait in a group; null: for anybody of the company. */
export function wishRoute(draft: Draft, group: string | null): void {
  draft.wakeAt(ROUTE_KIND, draft.now, routeKey(draft.session.companyId, group));
}

function operatorDiffers(before: HotSession, after: HotSession): boolean {
  return before.operatorType !== after.operatorType || before.operatorId !== after.operatorId;
}

function busyTold(floor: Floor): boolean {
  return wishOf(floor)?.busyTold === true;
}

/** Whether routing is to look at it: every time it is to decide anew, and when it falls into the help list. */
function beginsToWait(before: Floor, after: Floor): boolean {
  if (after.at === 'help') return before.at !== 'help';
  if (after.at !== 'queue' || after.stage.is !== 'placing') return false;
  return before.at !== 'queue' || before.stage !== after.stage;
}

/** Whether the bot was at the same thing before, so that its typing is shown already. */
function stillAt(before: Floor, after: Floor): boolean {
  if (before.at !== 'bot' || after.at !== 'bot' || before.bot.id !== after.bot.id) return false;
  const [was, is] = [before.phase, after.phase];
  return (
    was.is === 'asking' &&
    is.is === 'asking' &&
    was.inbox[0].id === is.inbox[0].id &&
    is.inbox.length === was.inbox.length
  );
}

function tellNobody(draft: Draft, wish: Wish | null): void {
  const { id, chatId } = draft.session;
  draft.notify('OPERATOR_NOT_FOUND', { id, chatId, groupId: wish?.group ?? null });
}

function close(draft: Draft, by: string, { chat }: StepSetting): void {
  const { id, chatId, operatorResult } = draft.session;
  draft.tellResults();
  const ended = {
    sessionId: id,
    chatId: chatId ?? '',
    sessionRatingRequired: rated.has(by) && chat.settings.sessionRatingRequired,
  };
  draft.addEvent(EventName.sessionClosed, ended, { ...outcomeOf(draft.session), operatorResult });
}

async function tellOperator(draft: Draft, before: HotSession, operators: OperatorSource): Promise<void> {
  const { operatorId, operatorName } = draft.session;
  const previous = before.operatorId !== '';
  draft.addEvent(EventName.operatorChanged, {
    operatorId,
    operatorName: operatorId === '' ? null : operatorName,
    avatar: await avatarOf(draft.session, operators),
    previousOperatorId: previous ? before.operatorId : null,
    previousOperatorName: previous ? before.operatorName : null,
    previousOperatorAvatar: await avatarOf(before, operators),
  });
}

async function avatarOf(session: HotSession, operators: OperatorSource): Promise<string | null> {
  if (session.operatorType !== 'OPERATOR' || session.operatorId === '') return null;
  return (await operators.find(session.companyId, Number(session.operatorId)))?.avatar ?? null;
}

/** Notes somebody among those who take part, the newest last. */
export function joined(
  session: HotSession,
  member: Omit<HotSession['operators'][number], 'assigned_at'>,
  now: number,
): HotSession['operators'] {
  const others = session.operators.filter(
    ({ id, type, name }) => type !== member.type || id !== member.id || (type === 'BOT' && name !== member.name),
  );
  return [...others, { ...member, assigned_at: wireDate(now) }];
}
