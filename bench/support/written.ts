import type pg from 'pg';

/** A column as a row has it: text, as PostgreSQL writes and reads it. */
export interface Value {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

/** What one exchange wrote. */
export interface WrittenExchange {
  readonly session: string;
  /** The columns of the session that differ since, with both values they had; counters by how much. */
  readonly moved: readonly ((Value & { readonly was: string }) | { readonly name: string; readonly by: number })[];
  /** The rows it added, without what is null. */
  readonly added: readonly { readonly table: string; readonly row: readonly Value[] }[];
  readonly lastSeq: number;
  readonly lastEventSeq: number;
}

/** Tables of which each row is of one session and has a place in it. */
const tables = ['messages', 'session_events'];

/**
 * Watches one exchange of the only session that is there: raw SQL then writes the same columns with the same sizes,
 * whatever these have become.
 */
export async function watchExchange(client: pg.Client, exchange: () => Promise<unknown>): Promise<WrittenExchange> {
  const [before = []] = await rowsOf(client, 'sessions', 'true');
  await exchange();
  const [after = []] = await rowsOf(client, 'sessions', 'true');
  const at = (row: readonly Value[], name: string): string => row.find((value) => value.name === name)?.text ?? '';
  const added: { table: string; row: readonly Value[] }[] = [];
  for (const table of tables) {
    const rows = await rowsOf(client, table, `event_seq > ${at(before, 'last_event_seq')} order by event_seq`);
    added.push(...rows.map((row) => ({ table, row })));
  }
  const moved = after.filter(({ name, text }) => at(before, name) !== text);
  return {
    session: at(after, 'id'),
    moved: moved.map((value) => {
      const was = at(before, value.name);
      return value.type === 'integer' ? { name: value.name, by: Number(value.text) - Number(was) } : { ...value, was };
    }),
    added,
    lastSeq: Number(at(after, 'last_seq')),
    lastEventSeq: Number(at(after, 'last_event_seq')),
  };
}

/** Copies a session, its row alone; answers the ids of the copies. */
export async function copySession(client: pg.ClientBase | pg.Pool, session: string, copies: number): Promise<string[]> {
  const names = (await columnsOf(client, 'sessions')).map(({ name }) => name);
  const values = names.map((name) => (name === 'id' ? 'gen_random_uuid()' : name));
  const { rows } = await client.query<{ id: string }>(
    `insert into sessions (${names.join(', ')}) select ${values.join(', ')} from sessions, generate_series(1, $2)
      where id = $1 returning id`,
    [session, copies],
  );
  return rows.map(({ id }) => id);
}

async function rowsOf(client: pg.Client, table: string, condition: string): Promise<Value[][]> {
  const columns = await columnsOf(client, table);
  const texts = columns.map(({ name }) => `${name}::text as ${name}`);
  const { rows } = await client.query<Record<string, string | null>>(
    `select ${texts.join(', ')} from ${table} where ${condition}`,
  );
  return rows.map((row) =>
    columns.flatMap(({ name, type }) => {
      const text = row[name] ?? null;
      return text === null ? [] : [{ name, type, text }];
    }),
  );
}

async function columnsOf(
  client: pg.ClientBase | pg.Pool,
  table: string,
): Promise<{ readonly name: string; readonly type: string }[]> {
  const { rows } = await client.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [table],
  );
  return rows;
}
