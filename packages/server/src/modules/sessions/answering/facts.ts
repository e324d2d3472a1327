import type { Draft } from '../state/draft.ts';
import type { FollowUp } from '../state/floor.ts';
import type { OperatorRecord } from '../state/operator-port.ts';
import { expiresAt, type HotSession } from '../state/session.ts';
import type { Facts, FloorEvent, NamedBot, NamedPerson } from './floor/events.ts';
import type { StepSetting } from './setting.ts';
import { answerDueAt, idleLimit } from './timers-of.ts';

/** The script that an event may let begin. */
const scriptsOf: Readonly<Partial<Record<FloorEvent['is'], FollowUp>>> = {
  turnEnds: 'botEnded',
  close: 'operatorEnded',
  lifeDue: 'clientTimeout',
  none: 'operatorNotFound',
  waitDue: 'operatorNotFound',
  queueEnds: 'operatorNotFound',
};

/** What an event goes by, read inside the step; what it does not need is not looked up. */
export function factsOf(draft: Draft, setting: StepSetting, event: FloorEvent): Facts | Promise<Facts> {
  const { session } = draft;
  const { settings } = setting.chat;
  const { operatorType, operatorId, operatorName, operatorAssignedAt, floor } = session;
  const botHolds = operatorType === 'BOT' && operatorId === session.botId;
  const facts: Facts = {
    now: draft.now,
    dialog: session.chatId === null,
    banned: session.clientBanned,
    bot: null,
    botSince: botHolds ? operatorAssignedAt : null,
    scripts: {},
    reload: null,
    busyText: settings.operatorsBusyMessage,
    lifeEnds: expiresAt(session),
    answerDue: answerDueAt(session, idleLimit(setting.chat)),
    answered: floor.at === 'person' && (session.lastOperatorMessageAt ?? 0) >= floor.since,
    party: partyOf(session),
    standIn: null,
    last:
      operatorId === '' ? null : { type: operatorType, id: operatorId, name: operatorName, since: operatorAssignedAt },
  };
  const end = scriptsOf[event.is];
  if (end !== undefined) return withScript(facts, session, setting, end);
  return event.is === 'remove' ? withSuccessors(facts, session, setting, event.person) : facts;
}

/** With who may go on at an end. */
async function withScript(facts: Facts, session: HotSession, setting: StepSetting, end: FollowUp): Promise<Facts> {
  const script = await scriptFor(session, setting, end);
  const bot = end === 'operatorNotFound' ? await botNamed(setting, session.botId, session.companyId) : null;
  return { ...facts, bot, scripts: script === null ? {} : { [end]: script } };
}

/** With who may go on where a person is taken out. */
async function withSuccessors(facts: Facts, session: HotSession, setting: StepSetting, leaves: number): Promise<Facts> {
  const reload = await botNamed(setting, setting.chat.settings.sessionReloadBotId, session.companyId);
  return { ...facts, reload, standIn: await standIn(session, setting, leaves) };
}

/** The people who take part, in the order they came. */
export function partyOf(session: HotSession): number[] {
  return session.operators.flatMap(({ id, type }) => (type === 'OPERATOR' && id !== null ? [id] : []));
}

/** A person as the floor knows it; who never used statuses is not away. */
export function namedPerson({ id, name, status, usesStatuses }: OperatorRecord): NamedPerson {
  return { id, name, away: usesStatuses && status === 'OFFLINE' };
}

async function scriptFor(session: HotSession, setting: StepSetting, end: FollowUp): Promise<NamedBot | null> {
  // Each runs once: scripts that follow one another would never let a session end.
  if (session.options.followUps?.includes(end) === true) return null;
  return botNamed(setting, setting.chat.settings[`${end}BotId`], session.companyId);
}

async function botNamed({ bots }: StepSetting, id: string | null, companyId: number): Promise<NamedBot | null> {
  const bot = id === null ? undefined : await bots.ready(id, companyId);
  return bot === undefined ? null : { id: bot.id, name: bot.name };
}

/** The newest of the party, beside the one who leaves, who can answer now. */
async function standIn(session: HotSession, setting: StepSetting, leaves: number): Promise<NamedPerson | null> {
  for (const id of partyOf(session).reverse()) {
    if (id === leaves) continue;
    const found = await setting.operators.find(session.companyId, id);
    if (found?.canAnswer === true && (found.status === 'ONLINE' || !found.usesStatuses)) return namedPerson(found);
  }
  return null;
}
