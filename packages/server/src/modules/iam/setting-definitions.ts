import type { SettingValues } from '@molva/contract';
import { badField } from '../../platform/failure.ts';
import { checkStored } from '../../platform/stored-size.ts';

/** Settings every user has, with their defaults. A user may have others besides: programs keep theirs here. */
export const settingDefinitions: SettingValues = {
  'console.language': 'ru',
  'console.theme': 'system',
  'console.sound': true,
  'console.notifications': true,
  'console.sendOnEnter': true,
  'console.sortByServiceLevel': false,
};

/** Settings one owner may have; each is at most a text of 8,192 characters. */
const MOST_SETTINGS = 500;
/** Bytes that all of them have together: they are answered with every user of a list. */
const MOST_BYTES = 65_536;

/**
 * Settings as stored, after a change: what is not named stays, null removes. Throws `invalid-input` and `data-too-large`.
 */
export function changedSettings(stored: SettingValues, change: Readonly<Record<string, unknown>>): SettingValues {
  const kept = Object.entries({ ...stored, ...(change as SettingValues) }).filter(([, value]) => value !== null);
  if (kept.length > MOST_SETTINGS) throw badField('settings', `must leave at most ${MOST_SETTINGS} settings`);
  const changed = Object.fromEntries(kept);
  checkStored(stored, changed, MOST_BYTES);
  return changed;
}

/** Throws `invalid-input` where a change gives a defined setting a value of another type. */
export function checkDefined(change: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(change)) {
    const type = Object.hasOwn(settingDefinitions, name) ? typeof settingDefinitions[name] : undefined;
    if (type !== undefined && value !== null && typeof value !== type) {
      throw badField(`settings.${name}`, `must be a ${type}`);
    }
  }
}

/** The named settings; all of them where none is named. */
export function namedSettings(settings: SettingValues, names: readonly string[] = []): SettingValues {
  if (names.length === 0) return settings;
  return Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)));
}
