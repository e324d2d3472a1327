import type { Memory, MemoryPart } from '../../../platform/memory.ts';
import type { ChatRecord } from '../../chats/index.ts';
import { isInTime, verifyIdentity, type CheckedToken } from './identity-token.ts';

type Settings = ChatRecord['settings'];

/**
 * Identity tokens that were found to be signed for their chat, as a client shows its own with every call and a signature
 * takes long to check. Their time is looked at in each call, and what was found under other settings is not found again:
 * a key that is gone, or an audience that is another, has them checked anew. What is refused leaves nothing here.
 */
export class IdentityTokens {
  /** By the number of the settings and the token. */
  readonly #checked: MemoryPart<string, CheckedToken>;
  /** Settings are read anew when a chat changes, and never changed in place. */
  readonly #numbers = new WeakMap<Settings, number>();
  #last = 0;

  constructor(memory: Memory) {
    this.#checked = memory.part({ name: 'identity-token' });
  }

  /** What a token proves by the settings of its chat; throws where it proves nothing. */
  async check(settings: Settings, token: string, now: number): Promise<CheckedToken> {
    const key = `${this.#numberOf(settings)} ${token}`;
    const known = this.#checked.find(key);
    if (known !== undefined && isInTime(known.payload, settings, now)) return known;
    const checked = await verifyIdentity(settings, token, now);
    this.#checked.put(key, checked);
    return checked;
  }

  #numberOf(settings: Settings): number {
    let number = this.#numbers.get(settings);
    if (number === undefined) this.#numbers.set(settings, (number = ++this.#last));
    return number;
  }
}
