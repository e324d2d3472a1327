import type { Changes } from '../../platform/changes.ts';
import type { Database } from '../../platform/database.ts';
import type { Memory, MemoryPart } from '../../platform/memory.ts';
import { BELIEVED_MS } from './believed.ts';
import { personName } from './person-name.ts';

/** What of a user decides each of its calls. */
export interface UserStanding {
  readonly id: number;
  readonly companyId: number;
  /** The reseller of its company. */
  readonly resellerId: number | null;
  readonly name: string;
  readonly roles: readonly string[];
  readonly blocked: boolean;
  readonly generation: number;
}

interface Row extends Record<string, unknown> {
  readonly company_id: number;
  readonly reseller_id: number | null;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly roles: string[];
  readonly blocked_at: number | null;
  readonly token_generation: number;
}

const read = {
  name: 'users_standing',
  text: `select u.company_id, c.reseller_id, u.email, u.first_name, u.last_name, u.roles, u.blocked_at, u.token_generation
    from users u join companies c on c.id = u.company_id where u.id = $1`,
};

/** The standings of users by id, from memory while they call. */
export type UserStandings = MemoryPart<number, UserStanding | undefined>;

/** Opens the memory of standings; whoever changes one tells of the user. */
export function openUserStandings(database: Database, memory: Memory, changes: Changes): UserStandings {
  const standings: UserStandings = memory.part({
    name: 'user-standing',
    lifeMs: BELIEVED_MS,
    read: (id) => readStanding(database, id),
  });
  changes.on('user', (id) => standings.drop(id));
  return standings;
}

async function readStanding(database: Database, id: number): Promise<UserStanding | undefined> {
  const [row] = await database.query<Row>(read, [id]);
  return (
    row && {
      id,
      companyId: row.company_id,
      resellerId: row.reseller_id,
      name: personName(row),
      roles: row.roles,
      blocked: row.blocked_at !== null,
      generation: row.token_generation,
    }
  );
}
