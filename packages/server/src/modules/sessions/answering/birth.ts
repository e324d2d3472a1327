import type { Database, Queryable } from '../../../platform/database.ts';
import type { Vault } from '../../../platform/vault.ts';
import { createSession, type Origin, type StartKey } from '../state/create.ts';
import type { Draft } from '../state/draft.ts';
import { expiresAt, type HotSession } from '../state/session.ts';
import type { StepSetting } from './setting.ts';
import type { StepRunner } from './step-runner.ts';

/** What beginning a session needs. */
export interface BirthPorts {
  readonly database: Database;
  readonly runner: StepRunner;
  readonly vault: Vault;
}

/** A session about to begin. */
export interface Birth<T> {
  readonly fresh: HotSession;
  readonly origin: Origin;
  /** Whether what the bot says is sent to the session's callback address too. */
  readonly callBack: boolean;
  /** Its first step: the client's message, the bot's first words. */
  readonly first: (draft: Draft, setting: StepSetting) => Promise<T>;
  /** Writes its client before it; what it throws undoes everything. */
  readonly client: (connection: Queryable) => Promise<void>;
  /** The key it can be asked for again by. */
  readonly startKey: (first: T) => StartKey | null;
}

/** Writes a new session with its first step in one commit, and tells of it. A key that was used fails as a violation. */
export async function begin<T>(
  ports: BirthPorts,
  birth: Birth<T>,
): Promise<{ readonly draft: Draft; readonly first: T }> {
  const { database, runner } = ports;
  const { fresh, origin, callBack } = birth;
  const draft = await runner.steps.draftOf(fresh);
  draft.wakeAt('session-expiry', expiresAt(fresh));
  const first = await birth.first(draft, { ...runner.setting(draft), callBack });
  const written = { ids: runner.ports.ids, vault: ports.vault };
  await createSession(database, written, draft, origin, birth.startKey(first), birth.client);
  runner.steps.begun(draft);
  return { draft, first };
}
