import { Group, type CreateGroupBody, type ListPage, type ListQuery, type UpdateGroupBody } from '@molva/contract';
import { sql, type Selectable, type Transaction } from 'kysely';
import { withinCap } from '../../platform/caps.ts';
import { within, type Database, type Prepared } from '../../platform/database.ts';
import { dueConflict } from '../../platform/due-rows.ts';
import { notFound } from '../../platform/failure.ts';
import { hasText, column, readList, type ListSpec } from '../../platform/list.ts';
import type { Tables } from '../../platform/tables.ts';
import { answeringRoles } from '../iam/index.ts';
import { ROUTE_KIND } from '../sessions/index.ts';

/** A group with the users in it. */
export type GroupRow = Pick<Selectable<Tables['groups']>, (typeof columns)[number]> & {
  readonly operator_ids: number[];
};

const columns = ['id', 'name', 'timer_first_answer', 'timer_next_answers', 'created_at', 'updated_at'] as const;
const operatorIds = sql<
  number[]
>`array(select m.user_id from group_members m where m.group_id = groups.id order by m.user_id)`.as('operator_ids');

const groupList: ListSpec = {
  columns: {
    id: column('groups.id', 'uuid'),
    name: column('groups.name', 'text'),
    timerFirstAnswer: column('groups.timer_first_answer', 'integer'),
    timerNextAnswers: column('groups.timer_next_answers', 'integer'),
    createdAt: column('groups.created_at', 'instant'),
    updatedAt: column('groups.updated_at', 'instant'),
  },
  fallback: [{ field: 'name', direction: 'asc' }],
  ties: ['id'],
  fields: Object.keys(Group.properties),
};

// The group is written first: it is held, and one deleted meanwhile is one that was not found. Who is new in it may take
// what waits in it; to who left it nothing is given by what was read before.
const touched = `touched as (
  update groups g set updated_at = $4::timestamptz from users u
  where g.company_id = $1 and g.id = $2 and u.company_id = g.company_id and u.id = $3`;
const addMember: Prepared = {
  name: 'group_member_add',
  text: `with ${touched} and u.roles && $5::text[] returning g.id, g.company_id, u.id as user_id), added as (
      insert into group_members (group_id, company_id, user_id)
      select id, company_id, user_id from touched on conflict do nothing returning group_id), wished as (
      ${wishRoute('group_id', '$4', 'added')})
    select id from touched`,
};
const removeMember: Prepared = {
  name: 'group_member_remove',
  text: `with ${touched} returning g.id, g.company_id, u.id as user_id), removed as (
      delete from group_members where (group_id, user_id) in (select id, user_id from touched)
      returning company_id, user_id), seat as (
      update seats set epoch = epoch + 1 from removed
      where seats.company_id = removed.company_id and seats.user_id = removed.user_id)
    select id from touched`,
};
/** Whoever waits in the group is looked at, and finds it gone. */
const remove: Prepared = {
  name: 'group_remove',
  text: `with gone as (delete from groups where company_id = $1 and id = $2 returning id)
    ${wishRoute('id', '$3', 'gone')} returning key`,
};

/** Wishes for a look at those who wait in a group. */
function wishRoute(group: string, at: string, from: string): string {
  return `insert into due (kind, key, due_at) select '${ROUTE_KIND}', ${group}, ${at}::timestamptz from ${from}
    ${dueConflict()}`;
}

/** SQL of groups and their members. Instants are written as ISO text. */
export class GroupStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A page of the company's groups. */
  page(
    companyId: number,
    query: ListQuery & { readonly name?: string | undefined },
    view: (row: GroupRow) => object,
  ): Promise<ListPage<object>> {
    const all = this.#database.lists.builder.selectFrom('groups').where('groups.company_id', '=', companyId);
    const narrowed = query.name === undefined ? all : all.where(hasText('groups.name', query.name));
    return readList(query, groupList, narrowed, async (page) =>
      (await page.select([...columns, operatorIds]).execute()).map(view),
    );
  }

  /** A group of the company; undefined where there is none. */
  find(companyId: number, id: string): Promise<GroupRow | undefined> {
    return this.#database.builder
      .selectFrom('groups')
      .select([...columns, operatorIds])
      .where('company_id', '=', companyId)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  /** Throws `entity-not-found` where one of the operators is unknown, and `cap-reached`. */
  async insert(id: string, companyId: number, body: CreateGroupBody, now: string): Promise<void> {
    const counted = sql`from groups where company_id = ${companyId}`;
    const capped = { cap: 'groups', owner: companyId, counted } as const;
    await withinCap(this.#database.builder, capped, async (transaction) => {
      await transaction
        .insertInto('groups')
        .values({
          id,
          company_id: companyId,
          name: body.name,
          timer_first_answer: body.timerFirstAnswer ?? 0,
          timer_next_answers: body.timerNextAnswers ?? 0,
          created_at: now,
          updated_at: now,
        })
        .execute();
      await insertMembers(transaction, companyId, id, body.operatorIds ?? []);
    });
  }

  /** Changes what is given; operators replace those there were. Throws `entity-not-found`, also for an operator. */
  async update(id: string, companyId: number, body: UpdateGroupBody, now: string): Promise<void> {
    await this.#database.builder.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('groups')
        .set({
          updated_at: now,
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.timerFirstAnswer === undefined ? {} : { timer_first_answer: body.timerFirstAnswer }),
          ...(body.timerNextAnswers === undefined ? {} : { timer_next_answers: body.timerNextAnswers }),
        })
        .where('id', '=', id)
        .where('company_id', '=', companyId)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) throw notFound();
      if (body.operatorIds === undefined) return;
      await sql`with removed as (
          delete from group_members where group_id = ${id} and user_id <> all (${body.operatorIds}::integer[])
          returning company_id, user_id)
        update seats set epoch = epoch + 1 from removed
        where seats.company_id = removed.company_id and seats.user_id = removed.user_id`.execute(transaction);
      await insertMembers(transaction, companyId, id, body.operatorIds);
      await sql`insert into due (kind, key, due_at) values (${ROUTE_KIND}, ${id}::uuid, ${now}::timestamptz)
        ${sql.raw(dueConflict())}`.execute(transaction);
    });
  }

  /** Deletes a group, whose operators stay; false where there is none. */
  async remove(id: string, companyId: number, now: string): Promise<boolean> {
    return (await this.#database.query(remove, [companyId, id, now])).length > 0;
  }

  /** False where the company has no such group or operator; who is in it stays. Throws `cap-reached`. */
  async addMember(companyId: number, id: string, userId: number, now: string): Promise<boolean> {
    const counted = sql`from group_members
      where group_id = ${id} and company_id = ${companyId} and user_id <> ${userId}`;
    const capped = { cap: 'operatorsOfGroup', owner: id, counted } as const;
    return withinCap(this.#database.builder, capped, async (transaction) => {
      const values = [companyId, id, userId, now, answeringRoles];
      return (await within(transaction).query(addMember, values)).length > 0;
    });
  }

  /** False where the company has no such group or user; who is not in it changes nothing. */
  async removeMember(companyId: number, id: string, userId: number, now: string): Promise<boolean> {
    return (await this.#database.query(removeMember, [companyId, id, userId, now])).length > 0;
  }

  /** The groups a user is in, in order of their names. */
  async idsOf(companyId: number, userId: number): Promise<string[]> {
    const rows = await this.#database.builder
      .selectFrom('group_members as m')
      .innerJoin('groups', 'groups.id', 'm.group_id')
      .where('m.company_id', '=', companyId)
      .where('m.user_id', '=', userId)
      .select('groups.id')
      .orderBy('groups.name')
      .orderBy('groups.id')
      .execute();
    return rows.map(({ id }) => id);
  }
}

/** Blocked users can be members, as they come back; users who never answer in sessions are no operators. */
async function insertMembers(
  transaction: Transaction<Tables>,
  companyId: number,
  groupId: string,
  userIds: readonly number[],
): Promise<void> {
  if (userIds.length === 0) return;
  const operators = await transaction
    .selectFrom('users')
    .select('id')
    .where('company_id', '=', companyId)
    .where('id', 'in', userIds)
    .where(sql<boolean>`roles && ${answeringRoles}::text[]`)
    .execute();
  if (operators.length < userIds.length) throw notFound();
  await transaction
    .insertInto('group_members')
    .values(operators.map(({ id }) => ({ group_id: groupId, company_id: companyId, user_id: id })))
    .onConflict((of) => of.doNothing())
    .execute();
}
