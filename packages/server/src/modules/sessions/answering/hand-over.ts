import { EventName, wireDate } from '@molva/contract';
import type { ChatRecord } from '../../chats/index.ts';
import type { ReadyBot } from '../state/bot-port.ts';
import type { Draft } from '../state/draft.ts';
import type { OperatorRecord, OperatorSource } from '../state/operator-port.ts';
import type { HotSession, SessionOperator } from '../state/session.ts';

/** What giving a session to somebody needs to know. */
export interface HandOverSetting {
  readonly chat: ChatRecord;
  readonly operators: OperatorSource;
}

/** Gives the session to an operator, and says so. An answer that is due keeps its timer. */
export async function assign(draft: Draft, operator: OperatorRecord, setting: HandOverSetting): Promise<void> {
  const before = draft.session;
  const previousAvatar = await avatarOf(before, setting.operators);
  draft.set({
    operatorType: 'OPERATOR',
    operatorId: String(operator.id),
    operatorName: operator.name,
    operatorAssignedAt: draft.now,
    operators: joined(before, { id: operator.id, name: operator.name, type: 'OPERATOR', assigned_at: '' }, draft.now),
    botStatus: before.botStatus === 'ERROR' ? 'ERROR' : 'OPERATOR',
    bot: before.bot && { ...before.bot, wake: null, asked: [] },
    handOver: before.handOver && { ...before.handOver, notFoundAt: null },
  });
  const idle = setting.chat.settings.allowableOperatorIdleTime;
  if (idle > 0) draft.wakeAt('session-idle', draft.now + idle * 1000);
  changed(draft, before, operator.avatar, previousAvatar);
}

/** Gives the session to a bot, which begins anew with the variables there are, and says so. */
export async function handToBot(draft: Draft, bot: ReadyBot, operators: OperatorSource): Promise<void> {
  const before = draft.session;
  const previousAvatar = await avatarOf(before, operators);
  const variables = before.bot?.state.variables ?? {};
  draft.set({
    operatorType: 'BOT',
    operatorId: bot.id,
    operatorName: bot.name,
    operatorAssignedAt: draft.now,
    operators: joined(before, { id: null, name: bot.name, type: 'BOT', assigned_at: '' }, draft.now),
    botId: bot.id,
    botStatus: 'WAIT',
    bot: { state: bot.begin({ clientMetadata: {}, variables }), started: false, wake: null },
    handOver: null,
    options: { ...before.options, previousBotId: before.botId },
  });
  changed(draft, before, null, previousAvatar);
}

/** Nobody is there to take the session: it waits in the help list until somebody does. */
export function toHelp(draft: Draft): void {
  const { bot, botStatus, handOver } = draft.session;
  const at = wireDate(draft.now);
  draft.set({
    operatorType: 'OPERATOR',
    operatorId: '',
    operatorName: '',
    operatorAssignedAt: null,
    botStatus: botStatus === 'ERROR' ? 'ERROR' : 'OPERATOR',
    bot: bot && { ...bot, wake: null, asked: [] },
    handOver: { groupId: null, announcement: null, at, ...handOver, notFoundAt: at },
  });
}

/** Notes that an operator takes part, without making it the one who answers. */
export function join(draft: Draft, operator: OperatorRecord): void {
  const member = { id: operator.id, name: operator.name, type: 'OPERATOR', assigned_at: '' } as const;
  draft.set({ operators: joined(draft.session, member, draft.now) });
}

/** Whether the operator is who answers in the session. */
export function answers(session: HotSession, operator: OperatorRecord): boolean {
  return session.operatorType === 'OPERATOR' && session.operatorId === String(operator.id);
}

/** Whether the operator takes part in the session. */
export function takesPart(session: HotSession, operatorId: number): boolean {
  return session.operators.some(({ id, type }) => type === 'OPERATOR' && id === operatorId);
}

/** Notes that an operator no longer takes part. */
export function part(draft: Draft, operatorId: number): void {
  const { operators } = draft.session;
  draft.set({ operators: operators.filter(({ id, type }) => type !== 'OPERATOR' || id !== operatorId) });
}

function joined(session: HotSession, member: SessionOperator, now: number): SessionOperator[] {
  const others = session.operators.filter(
    ({ id, type, name }) => type !== member.type || id !== member.id || (type === 'BOT' && name !== member.name),
  );
  return [...others, { ...member, assigned_at: wireDate(now) }];
}

async function avatarOf(session: HotSession, operators: OperatorSource): Promise<string | null> {
  if (session.operatorType !== 'OPERATOR' || session.operatorId === '') return null;
  return (await operators.find(session.companyId, Number(session.operatorId)))?.avatar ?? null;
}

function changed(draft: Draft, before: HotSession, avatar: string | null, previousOperatorAvatar: string | null): void {
  const { operatorId, operatorName } = draft.session;
  const previous = before.operatorId !== '';
  draft.addEvent(EventName.operatorChanged, {
    operatorId,
    operatorName,
    avatar,
    previousOperatorId: previous ? before.operatorId : null,
    previousOperatorName: previous ? before.operatorName : null,
    previousOperatorAvatar,
  });
}
