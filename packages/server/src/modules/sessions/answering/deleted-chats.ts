import type { Clock } from '../../../platform/clock.ts';
import type { DueRunner } from '../../../platform/due.ts';
import { CHAT_DELETED, CHAT_LIFE_MS, type Chats } from '../../chats/index.ts';
import type { SessionStore } from '../state/store.ts';
import { happen } from './happen.ts';
import type { StepRunner } from './step-runner.ts';

/** Sessions closed in one run of the timer. */
const BATCH = 100;

/** Closes the live sessions of chats that were deleted. */
export function closeWithTheirChat(ports: {
  readonly due: DueRunner;
  readonly clock: Clock;
  readonly chats: Pick<Chats, 'store'>;
  readonly runner: StepRunner;
  readonly store: SessionStore;
}): void {
  const { due, clock, chats, runner, store } = ports;
  due.handle(CHAT_DELETED, async (chatId) => {
    const ids = await store.liveInChat(chatId, BATCH);
    for (const id of ids) {
      await runner.run(id, (draft, setting) => happen(draft, setting, { is: 'end', by: 'chatDeleted' }));
    }
    if (ids.length > 0) return clock.now();
    // A start that had read the chat before it was deleted may have come after the first look.
    const chat = await chats.store.find(chatId);
    const lastLook = (chat?.deletedAt ?? 0) + 2 * CHAT_LIFE_MS;
    return lastLook > clock.now() ? lastLook : null;
  });
}
