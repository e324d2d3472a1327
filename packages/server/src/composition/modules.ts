import { createSecretKey } from 'node:crypto';
import { Bots } from '../modules/bots/index.ts';
import { Chats } from '../modules/chats/index.ts';
import { Clients } from '../modules/clients/index.ts';
import { Iam, Tokens } from '../modules/iam/index.ts';
import { Operators, registerDepartures, Routing } from '../modules/operators/index.ts';
import { Sessions, type FileSource } from '../modules/sessions/index.ts';
import { Deliveries } from '../modules/webhooks/index.ts';
import type { Announcer } from '../platform/announcer.ts';
import type { Changes } from '../platform/changes.ts';
import type { Clock, Elapsed } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { DueRunner } from '../platform/due.ts';
import { badField } from '../platform/failure.ts';
import type { Ids } from '../platform/ids.ts';
import type { Log } from '../platform/log.ts';
import type { Memory } from '../platform/memory.ts';
import type { DeliveryOutcome, SessionFigures } from '../platform/figures.ts';
import type { Notices } from '../platform/notices.ts';
import type { NodeLease } from '../platform/node-lease.ts';
import type { Outgoing } from '../platform/outgoing.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { Vault } from '../platform/vault.ts';

/** What the modules stand on. */
export interface Ground {
  readonly database: Database;
  readonly clock: Clock & Elapsed;
  readonly ids: Ids;
  readonly log: Log;
  readonly announcer: Announcer;
  readonly changes: Changes;
  readonly memory: Memory;
  readonly notices: Notices;
  readonly due: DueRunner;
  readonly lease: NodeLease;
  readonly outgoing: Outgoing;
  /** Calls a minute to addresses that visitors of one address named; 0 for no limit. */
  readonly visitorCalls: number;
  readonly vault: Vault;
  readonly files: FileSource;
  readonly sessionFigures: SessionFigures;
  readonly countDelivery: (outcome: DeliveryOutcome) => void;
  /** The public address. */
  readonly publicUrl: string;
  /** Aborted when the process begins to stop. */
  readonly stopping: AbortSignal;
}

/** The modules that others ask for something. */
export type Modules = ReturnType<typeof composeModules>;

/** No file can be uploaded yet, so a message can name none. */
export const noFiles: FileSource = async (ids, _use, field) => {
  if (ids.length > 0) throw badField(field, 'there is no such file');
  return [];
};

/** Composes the modules: each gets the ground, and of the others what it asks them for. */
export function composeModules(ground: Ground, secrets: Secrets) {
  const { clock, memory } = ground;
  const operators = new Operators(ground);
  const { seats, groups } = operators;
  const iam = new Iam({ ...ground, tokens: new Tokens(secrets.signing, clock, memory), seats, groups });
  const bots = new Bots({ ...ground, companies: iam.companies, groups });
  const chats = new Chats({ ...ground, bots });
  const clients = new Clients(ground);
  const sessions = new Sessions({
    ...ground,
    companies: iam.companies,
    chats,
    clients,
    bots,
    operators,
    // Bytes in its place are tried as another kind of key first, each time something is signed.
    tokenKey: createSecretKey(secrets.sessionKey),
  });
  registerDepartures({ ...ground, sessions: sessions.routed });
  new Routing({ ...ground, sessions: sessions.routed });
  new Deliveries({ ...ground, proofsOf: (id) => sessions.proofsOf(id) });
  return { iam, bots, chats, clients, operators, sessions };
}
