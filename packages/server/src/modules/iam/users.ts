import type {
  CreateUserBody,
  ListPage,
  ListQuery,
  SettingsChange,
  SettingValues,
  UpdateUserBody,
} from '@molva/contract';
import { sql, type Selectable, type Transaction } from 'kysely';
import { withinCap } from '../../platform/caps.ts';
import type { Changes } from '../../platform/changes.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { Failure, notFound } from '../../platform/failure.ts';
import { isoInstant } from '../../platform/instant.ts';
import type { Tables } from '../../platform/tables.ts';
import type { LoginLimits } from './login-limits.ts';
import type { Passwords } from './passwords.ts';
import { canAnswer } from './roles.ts';
import { changedSettings, checkDefined, namedSettings, settingDefinitions } from './setting-definitions.ts';
import {
  endLogins,
  findUser,
  insertUser,
  listUsers,
  nameColumns,
  updateUser,
  type UserFilter,
  type UserRow,
  type UserWrite,
} from './user-store.ts';
import { seesSettings, type Viewer } from './visibility.ts';

/** What the users need. */
export interface UserPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly passwords: Passwords;
  readonly changes: Changes;
  readonly seats: SeatKeeper;
  readonly limits: Pick<LoginLimits, 'forget'>;
}

/** Where users stand as operators; kept by a module that knows users and is not known to them. */
export interface SeatKeeper {
  /**
   * Hears, within the transaction that changes them, of roles or a block: what follows for sessions is committed with
   * the change or not at all.
   */
  rightsChanged(transaction: Transaction<Tables>, user: SeatedUser, mayAnswer: boolean): Promise<void>;
  /** Hears that such a transaction is committed. */
  rightsCommitted(): void;
}

/** Whose seat it is. */
export interface SeatedUser {
  readonly companyId: number;
  readonly userId: number;
}

type Kept = Pick<Selectable<Tables['users']>, 'roles' | 'blocked_at' | 'email'>;

/** The users of a company and their settings. Administrators of a reseller see those of dependent companies as well. */
export class Users {
  readonly #ports: UserPorts;

  constructor(ports: UserPorts) {
    this.#ports = ports;
  }

  /** A user whom the viewer may see; throws `entity-not-found`. */
  async get(id: number, viewer: Viewer): Promise<UserRow> {
    const user = await findUser(this.#ports.database, id, viewer);
    if (user === undefined) throw notFound();
    return user;
  }

  /** A page of the users whom the viewer may see. */
  list(viewer: Viewer, query: ListQuery & UserFilter, view: (row: UserRow) => object): Promise<ListPage<object>> {
    return listUsers(this.#ports.database, viewer, query, view);
  }

  /** Creates a user of the company and answers its id; throws `email-taken` and `cap-reached`. */
  async create(companyId: number, body: CreateUserBody): Promise<number> {
    const { database, passwords } = this.#ports;
    const { email, roles } = body;
    const passwordHash = await passwords.hash(body.password);
    const user = { company_id: companyId, email, roles, password_hash: passwordHash, ...nameColumns(body) };
    const counted = sql`from users where company_id = ${companyId}`;
    const capped = { cap: 'users', owner: companyId, counted } as const;
    return withinCap(database.builder, capped, (transaction) => insertUser(transaction, user));
  }

  /**
   * Changes a user of the company: what is not given stays. Another password and a block end its tokens at once, other
   * roles are those of its next call, and each of them ends its logins. Another password, and the end of a block, forget
   * the wrong ones that were tried. Throws `entity-not-found`, `email-taken` or
   * `last-administrator`.
   */
  async update(id: number, companyId: number, body: UpdateUserBody): Promise<void> {
    const { database, passwords, seats } = this.#ports;
    const passwordHash = body.password === undefined ? undefined : await passwords.hash(body.password);
    const { moved, unlocked } = await database.builder.transaction().execute(async (transaction) => {
      // Whoever takes the rights of an administrator waits here, so that two cannot take the last ones of each other.
      await transaction.selectFrom('companies').select('id').where('id', '=', companyId).forNoKeyUpdate().execute();
      const kept = await transaction
        .selectFrom('users')
        .select(['email', 'roles', 'blocked_at'])
        .where('id', '=', id)
        .where('company_id', '=', companyId)
        .forNoKeyUpdate()
        .executeTakeFirst();
      if (kept === undefined) throw notFound();
      await updateUser(transaction, id, {
        ...nameColumns(body),
        ...this.#rights(kept, body),
        ...(body.email === undefined ? {} : { email: body.email }),
        ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
      });
      const ends = passwordHash !== undefined || (body.blocked === true && kept.blocked_at === null);
      const otherRoles = !sameRoles(body.roles ?? kept.roles, kept.roles);
      if (ends || otherRoles) await endLogins(transaction, id, ends);
      await requireAdministrator(transaction, companyId);
      const otherRights = otherRoles || (body.blocked ?? isBlocked(kept)) !== isBlocked(kept);
      if (otherRights) await seats.rightsChanged(transaction, { companyId, userId: id }, mayAnswer(kept, body));
      const resets = passwordHash !== undefined || (body.blocked === false && isBlocked(kept));
      return { moved: otherRights, unlocked: resets ? kept.email : undefined };
    });
    if (unlocked !== undefined) await this.#ports.limits.forget(unlocked);
    this.#ports.changes.tell('user', id);
    if (moved) seats.rightsCommitted();
  }

  /**
   * The settings of a user whom the viewer may see, over the defaults. Throws `entity-not-found`, and
   * `permission-denied` where they are somebody else's and the viewer is no administrator.
   */
  async settings(id: number, viewer: Viewer, keys?: readonly string[]): Promise<SettingValues> {
    const { settings } = await this.get(id, viewer);
    if (!seesSettings(viewer, id)) throw new Failure('permission-denied');
    return namedSettings({ ...settingDefinitions, ...settings }, keys);
  }

  /** Changes settings of a user of the company; null removes one. Throws `entity-not-found`. */
  async setSettings(id: number, companyId: number, { settings }: SettingsChange): Promise<void> {
    checkDefined(settings);
    await this.#ports.database.builder.transaction().execute(async (transaction) => {
      const stored = await transaction
        .selectFrom('users')
        .select('settings')
        .where('id', '=', id)
        .where('company_id', '=', companyId)
        .forNoKeyUpdate()
        .executeTakeFirst();
      if (stored === undefined) throw notFound();
      await transaction
        .updateTable('users')
        .set({ settings: JSON.stringify(changedSettings(stored.settings, settings)) })
        .where('id', '=', id)
        .execute();
    });
  }

  /** Roles and block as they are written. */
  #rights(kept: Kept, { roles, blocked = isBlocked(kept) }: UpdateUserBody): UserWrite {
    return {
      ...(roles === undefined ? {} : { roles }),
      ...(blocked === isBlocked(kept) ? {} : { blocked_at: blocked ? isoInstant(this.#ports.clock.now()) : null }),
    };
  }
}

function isBlocked({ blocked_at }: Kept): boolean {
  return blocked_at !== null;
}

function mayAnswer(kept: Kept, { roles, blocked = isBlocked(kept) }: UpdateUserBody): boolean {
  return !blocked && canAnswer(roles ?? kept.roles);
}

function sameRoles(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((role) => other.includes(role));
}

/** Throws `last-administrator` where nobody of the company could undo what was done. */
async function requireAdministrator(transaction: Transaction<Tables>, companyId: number): Promise<void> {
  const found = await transaction
    .selectFrom('users')
    .select('id')
    .where('company_id', '=', companyId)
    .where('blocked_at', 'is', null)
    .where((of) => of('roles', '@>', of.val(['ADMIN'])))
    .limit(1)
    .executeTakeFirst();
  if (found === undefined) throw new Failure('last-administrator');
}
