import { Tag, type ListPage, type ListQuery } from '@molva/contract';
import { sql, type Selectable } from 'kysely';
import { withinCap, type Capped } from '../../platform/caps.ts';
import { within, type Database, type Prepared } from '../../platform/database.ts';
import { column, readList, type ListSpec } from '../../platform/list.ts';
import type { Tables } from '../../platform/tables.ts';
import { orNameTaken } from './attribute-store.ts';
import type { GivenName } from './names.ts';

/** A tag as it is listed. */
export type TagRow = Pick<Selectable<Tables['tags']>, (typeof columns)[number]>;

/** A session as far as its tags go. */
export interface TaggedSession {
  readonly id: string;
  readonly clientId: string;
  readonly companyId: number;
}

const columns = ['id', 'name', 'created_at'] as const;

const tagList: ListSpec = {
  columns: {
    id: column('tags.id', 'uuid'),
    name: column('tags.name', 'text'),
    createdAt: column('tags.created_at', 'instant'),
  },
  fallback: [{ field: 'name', direction: 'asc' }],
  ties: ['id'],
  fields: Object.keys(Tag.properties),
};

// The rows are held until the end of the statement: one deleted meanwhile is one that was not found.
const clientAndTag = `select c.company_id, c.id as client_id, t.id as tag_id from clients c
  join tags t on t.company_id = c.company_id where c.company_id = $1 and c.id = $2 and t.id = $3 for key share`;
const sessionAndTag = `select s.id as session_id, t.id as tag_id from sessions s
  join tags t on t.company_id = s.company_id
  where s.company_id = $1 and s.id = $2 and s.chat_id is not null and t.id = $3 for key share`;

const tagClient: Prepared = {
  name: 'client_tag_put',
  text: `with found as (${clientAndTag}), put as (
      insert into client_tags (company_id, client_id, tag_id, created_at)
      select company_id, client_id, tag_id, $4::timestamptz from found on conflict do nothing)
    select tag_id from found`,
};
const untagClient: Prepared = {
  name: 'client_tag_take',
  text: `with found as (${clientAndTag}), taken as (
      delete from client_tags where (company_id, client_id, tag_id) in (select company_id, client_id, tag_id from found))
    select tag_id from found`,
};
const tagSession: Prepared = {
  name: 'session_tag_put',
  text: `with found as (${sessionAndTag}), put as (
      insert into session_tags (session_id, tag_id, created_at)
      select session_id, tag_id, $4::timestamptz from found on conflict do nothing)
    select tag_id from found`,
};
const untagSession: Prepared = {
  name: 'session_tag_take',
  text: `with found as (${sessionAndTag}), taken as (
      delete from session_tags where (session_id, tag_id) in (select session_id, tag_id from found))
    select tag_id from found`,
};
const names: Prepared = {
  name: 'session_tag_names',
  text: `select s.id, t.name
    from unnest($1::uuid[], $2::uuid[], $3::integer[]) as s (id, client_id, company_id)
    cross join lateral (
      select tag_id from session_tags where session_id = s.id
      union
      select tag_id from client_tags where company_id = s.company_id and client_id = s.client_id) as put
    join tags t on t.company_id = s.company_id and t.id = put.tag_id
    order by t.name_key`,
};

/** SQL of tags and of what they are on. Instants are written as ISO text. */
export class TagStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A page of the company's tags. */
  page(companyId: number, query: ListQuery, view: (row: TagRow) => object): Promise<ListPage<object>> {
    const narrowed = this.#database.lists.builder.selectFrom('tags').where('company_id', '=', companyId);
    return readList(query, tagList, narrowed, async (page) => (await page.select(columns).execute()).map(view));
  }

  /** Throws `name-taken` and `cap-reached`. */
  async insert(id: string, companyId: number, { name, key }: GivenName, now: string): Promise<void> {
    const capped = { cap: 'tags', owner: companyId, counted: sql`from tags where company_id = ${companyId}` } as const;
    await orNameTaken(() =>
      withinCap(this.#database.builder, capped, (transaction) =>
        transaction
          .insertInto('tags')
          .values({ id, company_id: companyId, name, name_key: key, created_at: now })
          .execute(),
      ),
    );
  }

  /** Deletes a tag, which comes off everything; false where there is none. */
  async remove(id: string, companyId: number): Promise<boolean> {
    const { numDeletedRows } = await this.#database.builder
      .deleteFrom('tags')
      .where('id', '=', id)
      .where('company_id', '=', companyId)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  /** False where the company has no such client or no such tag; a tag that is on it stays as it is. Throws `cap-reached`. */
  putOnClient(companyId: number, clientId: string, tagId: string, now: string): Promise<boolean> {
    const counted = sql`from client_tags where company_id = ${companyId} and client_id = ${clientId} and tag_id <> ${tagId}`;
    return this.#put({ cap: 'tagsOfClient', owner: clientId, counted }, tagClient, [companyId, clientId, tagId, now]);
  }

  /** False where the company has no such client or no such tag. */
  takeOffClient(companyId: number, clientId: string, tagId: string): Promise<boolean> {
    return this.#found(untagClient, [companyId, clientId, tagId]);
  }

  /** False where the company has no such session or no such tag; a dialog of the bot API is no session here. Throws `cap-reached`. */
  putOnSession(companyId: number, sessionId: string, tagId: string, now: string): Promise<boolean> {
    const counted = sql`from session_tags join sessions s on s.id = session_id
      where session_id = ${sessionId} and s.company_id = ${companyId} and tag_id <> ${tagId}`;
    return this.#put({ cap: 'tagsOfSession', owner: sessionId, counted }, tagSession, [
      companyId,
      sessionId,
      tagId,
      now,
    ]);
  }

  /** False where the company has no such session or no such tag. */
  takeOffSession(companyId: number, sessionId: string, tagId: string): Promise<boolean> {
    return this.#found(untagSession, [companyId, sessionId, tagId]);
  }

  /** The tags of a client by name. */
  ofClient(companyId: number, clientId: string): Promise<readonly { id: string; name: string }[]> {
    return this.#database.builder
      .selectFrom('client_tags')
      .innerJoin('tags', (join) =>
        join.onRef('tags.company_id', '=', 'client_tags.company_id').onRef('tags.id', '=', 'client_tags.tag_id'),
      )
      .where('client_tags.company_id', '=', companyId)
      .where('client_tags.client_id', '=', clientId)
      .select(['tags.id', 'tags.name'])
      .orderBy('tags.name_key')
      .execute();
  }

  /** Names of the tags on each session or on its client, in order and once each; every session has an entry. */
  async namesOf(sessions: readonly TaggedSession[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map(sessions.map(({ id }): [string, string[]] => [id, []]));
    if (sessions.length === 0) return found;
    const rows = await this.#database.query<{ id: string; name: string }>(names, [
      sessions.map(({ id }) => id),
      sessions.map(({ clientId }) => clientId),
      sessions.map(({ companyId }) => companyId),
    ]);
    for (const { id, name } of rows) found.get(id)?.push(name);
    return found;
  }

  #put(capped: Capped, statement: Prepared, values: readonly unknown[]): Promise<boolean> {
    return withinCap(this.#database.builder, capped, async (transaction) => {
      return (await within(transaction).query(statement, values)).length > 0;
    });
  }

  async #found(statement: Prepared, values: readonly unknown[]): Promise<boolean> {
    return (await this.#database.query(statement, values)).length > 0;
  }
}
