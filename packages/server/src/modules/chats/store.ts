import { ChatListItem, type ChatSettings, type ListPage, type ListQuery } from '@molva/contract';
import { sql, type ExpressionBuilder, type Kysely, type Selectable } from 'kysely';
import { withinCap } from '../../platform/caps.ts';
import type { Database, Prepared } from '../../platform/database.ts';
import { dueConflict } from '../../platform/due-rows.ts';
import { isoInstant } from '../../platform/instant.ts';
import { hasText, column, readList, type ListSpec } from '../../platform/list.ts';
import type { Tables } from '../../platform/tables.ts';
import type { Vault } from '../../platform/vault.ts';
import { openSettings, sealSettings } from './sealed-settings.ts';

/** A chat as the code has it: settings complete, whatever was stored. */
export interface ChatRecord {
  readonly id: string;
  readonly companyId: number;
  readonly name: string;
  readonly botId: string;
  readonly botName: string;
  readonly reloadBotName: string | null;
  readonly settings: ChatSettings;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deletedAt: number | null;
}

/** A chat as it is written; `now` is ISO text. */
export interface ChatWrite {
  readonly id: string;
  readonly companyId: number;
  readonly name: string;
  readonly botId: string;
  readonly settings: ChatSettings;
  readonly now: string;
}

/** What the list can be narrowed by. */
export interface ChatFilter {
  readonly keyword?: string | undefined;
  readonly name?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** What the list of chats can do. */
export const chatList: ListSpec = {
  columns: {
    id: column('chats.id', 'uuid'),
    name: column('chats.name', 'text'),
    botId: column('chats.bot_id', 'uuid'),
    createdAt: column('chats.created_at', 'instant'),
    updatedAt: column('chats.updated_at', 'instant'),
  },
  fallback: [{ field: 'createdAt', direction: 'desc' }],
  ties: ['id'],
  fields: Object.keys(ChatListItem.properties),
  bytes: sql`octet_length(chats.settings::text)`,
};

/** The due row of a deleted chat: whoever holds something that goes on in it, ends that. */
export const CHAT_DELETED = 'chat-deleted';

const remove: Prepared = {
  name: 'chat_delete',
  text: `with gone as (
      update chats set deleted_at = coalesce(deleted_at, $3::timestamptz) where id = $1 and company_id = $2 returning id)
    insert into due (kind, key, due_at) select $4, id, $3::timestamptz from gone ${dueConflict()}`,
};

type Row = Pick<
  Selectable<Tables['chats']>,
  'id' | 'company_id' | 'name' | 'bot_id' | 'settings' | 'created_at' | 'updated_at' | 'deleted_at'
> & { bot_name: string; reload_bot_name: string | null };

/** SQL of the chats' own table. */
export class ChatStore {
  readonly #database: Database;

  readonly #vault: Vault;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
  }

  /** A chat, deleted or not, whichever company owns it. */
  async find(id: string): Promise<ChatRecord | undefined> {
    const row = await this.#select().where('chats.id', '=', id).executeTakeFirst();
    return row && this.#record(row);
  }

  /** A page of the company's chats. */
  list(
    companyId: number,
    query: ListQuery & ChatFilter,
    view: (chat: ChatRecord) => object,
  ): Promise<ListPage<object>> {
    const narrowed = withBots(this.#database.lists.builder)
      .where('chats.company_id', '=', companyId)
      .where('chats.deleted_at', 'is', null)
      .where((of) => narrowedBy(of, query));
    return readList(query, chatList, narrowed, async (page) =>
      (await page.select(recordColumns).execute()).map((row) => view(this.#record(row))),
    );
  }

  /** The chats made for the demo, one a language. */
  async demoChats(): Promise<{ language: string; chatId: string; name: string }[]> {
    const rows = await this.#database.builder
      .selectFrom('chats')
      .select(['id', 'name', sql<string>`settings->'appearance'->>'demo'`.as('language')])
      .where('deleted_at', 'is', null)
      // Those of the company the installation began with: no other one puts its chats on the start page.
      .where(sql<boolean>`company_id = (select min(id) from companies)`)
      .where(sql<boolean>`settings->'appearance'->>'demo' is not null`)
      .orderBy('created_at')
      .limit(10)
      .execute();
    return rows.map(({ id, name, language }) => ({ chatId: id, name, language }));
  }

  /** Throws `cap-reached`. */
  async insert(chat: ChatWrite): Promise<void> {
    const { companyId } = chat;
    const row = {
      id: chat.id,
      company_id: companyId,
      name: chat.name,
      bot_id: chat.botId,
      settings: this.#settings(chat),
      created_at: chat.now,
      updated_at: chat.now,
      deleted_at: null,
    };
    const counted = sql`from chats where company_id = ${companyId} and deleted_at is null`;
    await withinCap(this.#database.builder, { cap: 'chats', owner: companyId, counted }, (transaction) =>
      transaction.insertInto('chats').values(row).execute(),
    );
  }

  /** Writes a chat that was last changed at the given instant; false where it was changed since. */
  async update(chat: ChatWrite, since: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#database.builder
      .updateTable('chats')
      .set({ name: chat.name, bot_id: chat.botId, settings: this.#settings(chat), updated_at: chat.now })
      .where('id', '=', chat.id)
      .where('company_id', '=', chat.companyId)
      .where(sql<boolean>`date_trunc('milliseconds', updated_at) = ${isoInstant(since)}::timestamptz`)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  /** Marks a chat as deleted, if it is not, with the due row that ends what goes on in it. */
  async delete(id: string, companyId: number, now: string): Promise<void> {
    await this.#database.query(remove, [id, companyId, now, CHAT_DELETED]);
  }

  #settings({ id, settings }: ChatWrite): string {
    return JSON.stringify(sealSettings(settings, id, this.#vault));
  }

  #record(row: Row): ChatRecord {
    return { ...record(row), settings: openSettings(row.settings, row.id, this.#vault) };
  }

  #select() {
    return withBots(this.#database.builder).select(recordColumns);
  }
}

const recordColumns = [
  'chats.id',
  'chats.company_id',
  'chats.name',
  'chats.bot_id',
  'chats.settings',
  'chats.created_at',
  'chats.updated_at',
  'chats.deleted_at',
  'bots.name as bot_name',
  'reload.name as reload_bot_name',
] as const;

function withBots(builder: Kysely<Tables>) {
  return builder
    .selectFrom('chats')
    .innerJoin('bots', 'bots.id', 'chats.bot_id')
    .leftJoin('bots as reload', (join) =>
      join
        .on(sql<boolean>`reload.id = (chats.settings->>'sessionReloadBotId')::uuid`)
        .onRef('reload.company_id', '=', 'chats.company_id'),
    );
}

function narrowedBy(of: ExpressionBuilder<Tables, 'chats'>, filter: ChatFilter) {
  return of.and([
    ...[filter.name, filter.keyword].flatMap((part) => (part === undefined ? [] : [hasText('chats.name', part)])),
    ...(filter.from === undefined ? [] : [of('chats.created_at', '>=', sql<number>`${filter.from}::timestamptz`)]),
    ...(filter.to === undefined ? [] : [of('chats.created_at', '<=', sql<number>`${filter.to}::timestamptz`)]),
  ]);
}

function record(row: Row): Omit<ChatRecord, 'settings'> {
  return {
    id: row.id,
    companyId: row.company_id,
    name: row.name,
    botId: row.bot_id,
    botName: row.bot_name,
    reloadBotName: row.reload_bot_name,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    deletedAt: row.deleted_at,
  };
}
