import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { systemIds } from '../packages/server/src/platform/ids.ts';
import type { Crowd } from './support/load.ts';
import { copySession, type Value, type WrittenExchange } from './support/written.ts';

/** Connections the server itself uses at most. */
const CONNECTIONS = 16;

const ids = systemIds(Date.now);
/** What is another value in each exchange. */
const fresh = new Map<string, Make>([
  ['id', () => ids.uuid7()],
  ['client_message_id', () => randomUUID()],
]);

/**
 * The same transaction by SQL alone, so many exchanges in one: copies of a session are written as the server was seen to
 * write it, each by one caller.
 */
export async function openRawCrowd(
  database: pg.ClientConfig,
  written: WrittenExchange,
  sessions: number,
  batch: number,
): Promise<Crowd> {
  const pool = new pg.Pool({ ...database, max: CONNECTIONS });
  const copies = await copySession(pool, written.session, sessions);
  const { text, values } = new RawStatement(written, batch);
  const name = `bench_exchanges_${batch}`;
  return {
    talkers: Array.from({ length: sessions / batch }, (_, index) => {
      const own = copies.slice(index * batch, (index + 1) * batch);
      let turn = 0;
      return async () => {
        const { rowCount } = await pool.query({ name, text, values: values(own, turn++) });
        if (rowCount !== batch) throw new Error(`raw SQL moved ${rowCount} sessions of ${batch}`);
        return batch;
      };
    }),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** What a session's row knows, as it has just moved; of a place in it a row says how far back it lies. */
const known = new Map([
  ['session_id', 'moved.id'],
  ['company_id', 'moved.company_id'],
  ['seq', 'moved.last_seq - added.seq'],
  ['event_seq', 'moved.last_event_seq - added.event_seq'],
]);

/** A value for a session's exchange, by the number of the exchange. */
type Make = (session: string, turn: number) => string | null;

/** A statement that writes exchanges, each of another session; its values are made anew for each run. */
class RawStatement {
  readonly text: string;
  readonly #written: WrittenExchange;
  /** Places in the statement's group, one for each session. */
  readonly #exchanges: readonly number[];
  readonly #values: { readonly exchange: number; readonly make: Make }[] = [];

  constructor(written: WrittenExchange, batch: number) {
    this.#written = written;
    this.#exchanges = Array.from({ length: batch }, (_, index) => index);
    const tables = [...new Set(written.added.map(({ table }) => table))];
    const parts = [...this.#moving(), ...tables.map((table) => this.#adding(table))];
    this.text = `with ${parts.join(', ')} select 1 from moved`;
  }

  readonly values = (sessions: readonly string[], turn: number): (string | null)[] =>
    this.#values.map(({ exchange, make }) => make(sessions[exchange] ?? '', turn));

  #moving(): string[] {
    const texts = this.#written.moved.filter((column) => 'text' in column);
    const asked = this.#exchanges.map((exchange) => [
      this.#session(exchange),
      // Of what is as it was an update writes less.
      ...texts.map(({ type, text, was }) => this.#value(exchange, type, (_, turn) => (turn % 2 === 0 ? text : was))),
    ]);
    const sets = this.#written.moved.map((column) =>
      'by' in column ? `${column.name} = s.${column.name} + ${column.by}` : `${column.name} = asked.${column.name}`,
    );
    return [
      `asked (${['of_session', ...texts.map(({ name }) => name)].join(', ')}) as (${valuesOf(asked)})`,
      `moved as (update sessions s set ${sets.join(', ')} from asked where s.id = asked.of_session
        returning s.id, s.company_id, s.last_seq, s.last_event_seq)`,
    ];
  }

  #adding(table: string): string {
    const { added, lastSeq, lastEventSeq } = this.#written;
    const rows = added.filter((one) => one.table === table).map(({ row }) => row);
    const columns = new Map(rows.flatMap((row) => row.map(({ name, type }): [string, string] => [name, type])));
    const names = [...columns.keys()];
    const given = names.filter((name) => !['session_id', 'company_id'].includes(name));
    const cell = (exchange: number, row: readonly Value[], name: string): string => {
      const text = row.find((value) => value.name === name)?.text ?? null;
      if (name === 'seq') return String(lastSeq - Number(text));
      if (name === 'event_seq') return String(lastEventSeq - Number(text));
      return this.#value(exchange, columns.get(name) ?? '', fresh.get(name) ?? (() => text));
    };
    const cells = this.#exchanges.flatMap((exchange) =>
      rows.map((row) => [this.#session(exchange), ...given.map((name) => cell(exchange, row, name))]),
    );
    return `added_${table} as (insert into ${table} (${names.join(', ')})
      select ${names.map((name) => known.get(name) ?? `added.${name}`).join(', ')}
      from moved join (${valuesOf(cells)}) as added (${['of_session', ...given].join(', ')})
        on added.of_session = moved.id)`;
  }

  #session(exchange: number): string {
    return this.#value(exchange, 'uuid', (session) => session);
  }

  /** Makes a parameter of an exchange. */
  #value(exchange: number, type: string, make: Make): string {
    return `$${this.#values.push({ exchange, make })}::${type}`;
  }
}

function valuesOf(rows: readonly (readonly string[])[]): string {
  return `values ${rows.map((row) => `(${row.join(', ')})`).join(', ')}`;
}
