import type { Clock } from '../../../platform/clock.ts';
import type { DueRunner } from '../../../platform/due.ts';
import { CHAT_DELETED, CHAT_LIFE_MS, type Chats } from '../../chats/index.ts';
import type { SessionStore } from '../state/store.ts';
import { happen } from './happen.ts';
import type { StepRunner } from './step-runner.ts';

/** Sessions closed in one run of the timer, beside those that fail. */
const BATCH = 100;
/** With so many that fail nothing of the chat can be closed at the moment. */
const MOST_FAILED = 1_000;

/** Closes the live sessions of chats that were deleted. */
export function closeWithTheirChat(ports: {
  readonly due: DueRunner;
  readonly clock: Clock;
  readonly chats: Pick<Chats, 'store'>;
  readonly runner: StepRunner;
  readonly store: SessionStore;
}): void {
  const { due, clock, chats, runner, store } = ports;
  const close = (id: string) =>
    runner.run(id, (draft, setting) => happen(draft, setting, { is: 'end', by: 'chatDeleted' }));
  due.handle(CHAT_DELETED, async (chatId) => {
    // A session that fails keeps none of the others; the timer comes back for it.
    const failed = new Map<string, unknown>();
    for (let left = true; left && failed.size < MOST_FAILED;) {
      const ids = await store.liveInChat(chatId, [...failed.keys()], BATCH);
      for (const id of ids) await close(id).catch((error: unknown) => failed.set(id, error));
      if (ids.some((id) => !failed.has(id))) return clock.now();
      left = ids.length > 0;
    }
    if (failed.size > 0) throw new AggregateError(failed.values(), 'sessions of a deleted chat cannot be closed');
    // A start that had read the chat before it was deleted may have come after the first look.
    const chat = await chats.store.find(chatId);
    const lastLook = (chat?.deletedAt ?? 0) + 2 * CHAT_LIFE_MS;
    return lastLook > clock.now() ? lastLook : null;
  });
}
