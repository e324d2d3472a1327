import pg from 'pg';

/** What the driver's query does beside what its types tell: how it is sent, and how its rows are taken in. */
interface Sending {
  name?: string | undefined;
  prepare(connection: pg.Connection): void;
  handleDataRow(message: unknown): void;
}

// A query of a text is taken as it is; of one that is described, the driver makes a copy, property by property.
const DriverQuery = pg.Query as unknown as new (
  text: string,
  values: unknown[],
  callback: (error: Error | null, result: pg.QueryResultBase) => void,
) => pg.Query & Sending;

/** Connections as a statement sees them that is sent whole. */
const whole = new WeakMap<pg.Connection, pg.Connection>();

/** A connection that sends the messages of a statement in one piece, and asks for no description of its rows. */
function sendingWhole(connection: pg.Connection): pg.Connection {
  let pieces: Uint8Array[] = [];
  const stream = {
    get writable(): boolean {
      return connection.stream.writable;
    },
    write: (piece: Uint8Array) => pieces.push(piece),
  };
  const sending = Object.create(connection, {
    stream: { value: stream },
    describe: { value: () => undefined },
    sync: {
      value() {
        connection.sync.call(sending);
        const statement = Buffer.concat(pieces);
        pieces = [];
        connection.stream.write(statement);
      },
    },
  }) as pg.Connection;
  return sending;
}

/**
 * A statement whose rows are counted, not read. The driver asks for a description of the rows with every run of a prepared
 * statement, which the server makes and this side reads; here nobody asks.
 */
class Counted extends DriverQuery {
  constructor({ text, name }: pg.QueryConfig, values: unknown[], done: ConstructorParameters<typeof DriverQuery>[2]) {
    super(text, values, done);
    this.name = name;
  }

  override prepare(connection: pg.Connection): void {
    let sending = whole.get(connection);
    if (sending === undefined) {
      sending = sendingWhole(connection);
      whole.set(connection, sending);
    }
    super.prepare(sending);
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
