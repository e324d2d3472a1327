import pg from 'pg';

/** What the driver's query does beside what its types tell: how it is sent, and how its rows are taken in. */
interface Sending {
  prepare(connection: pg.Connection): void;
  handleDataRow(message: unknown): void;
}

const DriverQuery = pg.Query as unknown as new (
  query: pg.QueryConfig,
  values: unknown[],
  callback: (error: Error | null, result: pg.QueryResultBase) => void,
) => pg.Query & Sending;

/** Connections as a statement sees them that asks for no description of its rows. */
const undescribed = new WeakMap<pg.Connection, pg.Connection>();

/**
 * A statement whose rows are counted, not read. The driver asks for a description of the rows with every run of a prepared
 * statement, which the server makes and this side reads; here nobody asks.
 */
class Counted extends DriverQuery {
  override prepare(connection: pg.Connection): void {
    let quiet = undescribed.get(connection);
    if (quiet === undefined) {
      quiet = Object.create(connection, { describe: { value: () => undefined } }) as pg.Connection;
      undescribed.set(connection, quiet);
    }
    super.prepare(quiet);
  }

  override handleDataRow(): void {}
}

/** Runs a statement; answers how many rows it came to. */
export function count(client: pg.PoolClient, query: pg.QueryConfig, values: unknown[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, result: pg.QueryResultBase): void => {
      if (error === null) resolve(result.rowCount ?? 0);
      else reject(error);
    };
    client.query(new Counted(query, values, done));
  });
}
