import type { CreateCompanyBody, ListPage, ListQuery, SettingsChange, SettingValues } from '@molva/contract';
import type { Changes } from '../../platform/changes.ts';
import { resealColumn } from '../../platform/data-keys.ts';
import type { Database } from '../../platform/database.ts';
import { badField, Failure, notFound } from '../../platform/failure.ts';
import type { Memory, MemoryPart } from '../../platform/memory.ts';
import { isAdmin } from '../../platform/route.ts';
import type { Vault } from '../../platform/vault.ts';
import {
  companySettings,
  findCompany,
  insertCompany,
  listCompanies,
  lockCompanySettings,
  renameCompany,
  resellerOf,
  settingsOf,
  writeCompanySettings,
  type CompanyRow,
} from './company-store.ts';
import { BELIEVED_MS } from './believed.ts';
import type { Passwords } from './passwords.ts';
import { changedSettings, namedSettings } from './setting-definitions.ts';
import { nameColumns } from './user-store.ts';
import type { Viewer } from './visibility.ts';

/** What the companies need. */
export interface CompanyPorts {
  readonly database: Database;
  readonly changes: Changes;
  readonly memory: Memory;
  readonly passwords: Passwords;
  readonly vault: Vault;
}

/** The company setting whose text signs the calls of its dialogs. It is written and used, and never answered. */
const CALLBACK_SECRET = 'dialogs.callbackSecret';
const SHORTEST_SECRET = 16;

/** Companies: one's own, and for administrators of a company without a reseller those that depend on it. */
export class Companies {
  readonly #ports: CompanyPorts;
  readonly #secrets: MemoryPart<number, string | null>;

  constructor(ports: CompanyPorts) {
    this.#ports = ports;
    this.#secrets = ports.memory.part({
      name: 'callback-secret',
      lifeMs: BELIEVED_MS,
      async read(id): Promise<string | null> {
        const secret = (await settingsOf(ports.database, id))[CALLBACK_SECRET];
        return typeof secret === 'string' ? ports.vault.open(secret, placeOf(id)) : null;
      },
    });
    ports.changes.on('company', (id) => this.#secrets.drop(id));
  }

  /** A page of the companies whom the viewer may see. */
  list(
    viewer: Viewer,
    query: ListQuery & { name?: string },
    view: (row: CompanyRow) => object,
  ): Promise<ListPage<object>> {
    return listCompanies(this.#ports.database, viewer, query, view);
  }

  /** A company whom the viewer may see; throws `entity-not-found`. */
  async get(id: number, viewer: Viewer): Promise<CompanyRow> {
    return found(await findCompany(this.#ports.database, id, viewer));
  }

  /**
   * Creates a company that depends on the viewer's, with its first administrator. Throws `permission-denied` where the
   * viewer's company depends on another itself, and `email-taken`.
   */
  async create(viewer: Viewer, { name, admin }: CreateCompanyBody): Promise<{ id: number; adminId: number }> {
    const { database, passwords } = this.#ports;
    if ((await resellerOf(database, viewer.companyId)) !== null) throw new Failure('permission-denied');
    const { companyId, userId } = await insertCompany(
      database,
      { name, reseller_id: viewer.companyId },
      { email: admin.email, password_hash: await passwords.hash(admin.password), ...nameColumns(admin) },
    );
    return { id: companyId, adminId: userId };
  }

  /** Renames a company; throws `entity-not-found`. */
  async rename(id: number, viewer: Viewer, name: string): Promise<void> {
    if (!(await renameCompany(this.#ports.database, id, viewer, name))) throw notFound();
  }

  /** The settings of a company; throws `entity-not-found`. */
  async settings(id: number, viewer: Viewer, keys?: readonly string[]): Promise<SettingValues> {
    const { [CALLBACK_SECRET]: _, ...shown } = found(await companySettings(this.#ports.database, id, viewer));
    return namedSettings(shown, keys);
  }

  /** Changes settings of a company; null removes one. Throws `entity-not-found`. */
  async setSettings(id: number, viewer: Viewer, { settings }: SettingsChange): Promise<void> {
    const secret = settings[CALLBACK_SECRET] ?? null;
    if (secret !== null && (typeof secret !== 'string' || secret.length < SHORTEST_SECRET)) {
      throw badField(`settings.${CALLBACK_SECRET}`, `must be a text of at least ${SHORTEST_SECRET} characters`);
    }
    const { database, vault } = this.#ports;
    const kept = secret === null ? settings : { ...settings, [CALLBACK_SECRET]: vault.seal(secret, placeOf(id)) };
    await database.builder.transaction().execute(async (transaction) => {
      const stored = found(await lockCompanySettings(transaction, id, viewer));
      await writeCompanySettings(transaction, id, changedSettings(stored, kept));
    });
    this.#ports.changes.tell('company', id);
  }

  /** Seals the secrets of all companies with the key of the day. */
  async reseal(): Promise<void> {
    const { database, vault } = this.#ports;
    const renew = (value: string, id: string) => vault.renew(value, placeOf(Number(id)));
    await resealColumn(database, { ...sealedSecrets, first: '0', renew });
  }

  /** What signs the calls of a company's dialogs; null where it set none. */
  callbackSecret(id: number): Promise<string | null> {
    return this.#secrets.get(id);
  }

  /** Whether a user may put things into a company: its own, or as an administrator one that depends on its own. */
  async mayWriteTo(companyId: number, user: Viewer): Promise<boolean> {
    if (companyId === user.companyId) return true;
    return isAdmin(user) && (await resellerOf(this.#ports.database, companyId)) === user.companyId;
  }
}

function placeOf(companyId: number): string {
  return `company:${companyId}:${CALLBACK_SECRET}`;
}

const sealedSecrets = {
  read: {
    name: 'companies_sealed',
    text: `select id::text, settings->>'${CALLBACK_SECRET}' as value from companies
      where settings->>'${CALLBACK_SECRET}' is not null and id > $1::integer order by companies.id limit $2`,
  },
  write: {
    name: 'companies_reseal',
    text: `update companies set settings = settings - '${CALLBACK_SECRET}'
        || case when $3::text is null then '{}' else jsonb_build_object('${CALLBACK_SECRET}', $3::text) end
      where id = $1::integer and settings->>'${CALLBACK_SECRET}' = $2`,
  },
};

function found<T>(value: T | undefined): T {
  if (value === undefined) throw notFound();
  return value;
}
