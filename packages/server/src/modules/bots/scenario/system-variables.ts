import type { Scalar } from './scalar.ts';

/** What system variables are made from. */
export interface SystemSource {
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

type Reader = (source: SystemSource) => Scalar;

const stamp = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
const local = (source: SystemSource): number => source.now + (source.clientTimezone ?? 0) * 60_000;

const now: Reader = (source) => stamp(source.now);
const today: Reader = (source) => stamp(source.now).slice(0, 10);
const time: Reader = (source) => stamp(source.now).slice(11);
const phone: Reader = (source) => source.phone;
const previous: Reader = (source) => source.previousBotId;

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
  dialogId: (source) => source.dialogId,
  dialog: (source) => source.dialog,
  localNow: (source) => stamp(local(source)),
  localToday: (source) => stamp(local(source)).slice(0, 10),
  localTime: (source) => stamp(local(source)).slice(11, 16),
  localHour: (source) => new Date(local(source)).getUTCHours(),
  /** Monday is 1, Sunday 7. */
  localWeekday: (source) => new Date(local(source)).getUTCDay() || 7,
  'system.now': now,
  'system.today': today,
  'system.time': time,
  'system.telephone': phone,
  'system.previous': previous,
  'system.dial': (source) => source.dialogId,
  'системные.сейчас': now,
  'системные.сегодня': today,
  'системные.время': time,
  'системные.телефон': phone,
};

/** The name of the text of the dialog: a scenario that does not use it need not keep it. */
export const DIALOG_NAME = 'dialog';

/** The value of a system variable; undefined where the name is none. */
export function systemVariable(name: string, source: SystemSource): Scalar | undefined {
  return Object.hasOwn(readers, name) ? readers[name]?.(source) : undefined;
}

/** All system variables of today by name, without the older names. */
export function systemVariables(source: SystemSource): Readonly<Record<string, Scalar>> {
  const current = Object.entries(readers).filter(([name]) => !name.includes('.'));
  return Object.fromEntries(current.map(([name, read]) => [name, read(source)]));
}

/** Whether a name belongs to the system. */
export function isSystemName(name: string): boolean {
  return Object.hasOwn(readers, name);
}

/** The names of the system's variables, the older ones with them. */
export function systemNames(): string[] {
  return Object.keys(readers);
}
