import type { Scalar } from './expression.ts';

/** What system variables are made from. */
export interface SystemFacts {
  /** Milliseconds of the epoch. */
  readonly now: number;
  /** The client's offset from UTC in minutes; null where it is not known, which counts as UTC. */
  readonly clientTimezone: number | null;
  readonly dialogId: string;
  readonly phone: string | null;
  readonly previousBotId: string | null;
  /** The whole text of the dialog so far. */
  readonly dialog: string;
}

type Reader = (facts: SystemFacts) => Scalar;

const stamp = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
const local = (facts: SystemFacts): number => facts.now + (facts.clientTimezone ?? 0) * 60_000;

const now: Reader = (facts) => stamp(facts.now);
const today: Reader = (facts) => stamp(facts.now).slice(0, 10);
const time: Reader = (facts) => stamp(facts.now).slice(11);
const phone: Reader = (facts) => facts.phone;
const previous: Reader = (facts) => facts.previousBotId;

/**
 * System variables by name. In a chat `now`, `today` and `time` are UTC; the `local…` ones are in the client's own zone.
 * The dotted and the Russian names are those of older scenarios.
 */
const readers: Readonly<Record<string, Reader>> = {
  now,
  today,
  time,
  phone,
  previousBotId: previous,
  dialogId: (facts) => facts.dialogId,
  dialog: (facts) => facts.dialog,
  localNow: (facts) => stamp(local(facts)),
  localToday: (facts) => stamp(local(facts)).slice(0, 10),
  localTime: (facts) => stamp(local(facts)).slice(11, 16),
  localHour: (facts) => new Date(local(facts)).getUTCHours(),
  /** Monday is 1, Sunday 7. */
  localWeekday: (facts) => new Date(local(facts)).getUTCDay() || 7,
  'system.now': now,
  'system.today': today,
  'system.time': time,
  'system.telephone': phone,
  'system.previous': previous,
  'system.dial': (facts) => facts.dialogId,
  'системные.сейчас': now,
  'системные.сегодня': today,
  'системные.время': time,
  'системные.телефон': phone,
};

/** Names that hold the text of the dialog: a scenario that uses none need not keep it. */
export const DIALOG_NAME = 'dialog';

/** The value of a system variable; undefined where the name is none. */
export function systemVariable(name: string, facts: SystemFacts): Scalar | undefined {
  return Object.hasOwn(readers, name) ? readers[name]?.(facts) : undefined;
}

/** Whether a name belongs to the system. */
export function isSystemName(name: string): boolean {
  return Object.hasOwn(readers, name);
}
