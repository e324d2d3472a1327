import {
  defaultChatSettings,
  notifyEvents,
  type ChatSettings,
  type NotifyEventName,
  type UpdateChatBody,
} from '@molva/contract';

const bySpelling = new Map<string, NotifyEventName>(
  Object.entries(notifyEvents).flatMap(([name, live]) => [
    [name, name as NotifyEventName],
    [live, name as NotifyEventName],
  ]),
);

/** The words of `notifyOnEvents` in one spelling. */
export function notificationNames(words: readonly string[]): NotifyEventName[] {
  return [...new Set(words.flatMap((word) => bySpelling.get(word) ?? []))];
}

/**
 * Settings after a change: what is not given stays, null clears to the default, and an empty `references` changes
 * nothing, as existing clients always send one.
 */
export function changedSettings(current: ChatSettings, change: Partial<UpdateChatBody>): ChatSettings {
  const given = Object.entries(change).filter(
    ([name, value]) =>
      Object.hasOwn(defaultChatSettings, name) &&
      value !== undefined &&
      !(name === 'references' && value !== null && Object.keys(value).length === 0),
  );
  const fallback: Record<string, unknown> = defaultChatSettings;
  const settled = given.map(([name, value]) => [name, value === null ? fallback[name] : value]);
  return { ...current, ...(Object.fromEntries(settled) as Partial<ChatSettings>) };
}
