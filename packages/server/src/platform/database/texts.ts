import pg from 'pg';
import { bound } from './binding.ts';

/** A connection as a statement sees it that sends its values itself. */
interface Sending extends pg.Connection {
  readonly submittedNamedStatements: Record<string, string>;
  parse(statement: { readonly name: string | undefined; readonly text: string }): void;
}

/** What the driver's query does beside what its types tell: how it is sent, and how its rows are taken in. */
interface Sent {
  name?: string | undefined;
  hasBeenParsed(connection: pg.Connection): boolean;
  prepare(connection: pg.Connection): void;
  handleDataRow(message: { readonly fields: readonly string[] }): void;
}

// A query of a text is taken as it is; of one that is described, the driver makes a copy, property by property.
const DriverQuery = pg.Query as unknown as new (
  text: string,
  values: readonly unknown[],
  callback: (error: Error | null) => void,
) => pg.Query & Sent;

/**
 * A statement whose rows are one text each. The driver asks for a description of the rows with every run of a prepared
 * statement, which the server makes and this side reads, and sends each of its messages for itself; here nobody asks, and
 * they go in one piece.
 */
class Texts extends DriverQuery {
  readonly found: string[] = [];
  readonly #text: string;
  readonly #messages: Buffer;

  constructor({ text, name }: pg.QueryConfig, values: readonly unknown[], done: (error: Error | null) => void) {
    super(text, values, done);
    this.name = name;
    this.#text = text;
    // Before it has a place among the connection's statements: what cannot be sent disturbs nobody.
    this.#messages = bound(name ?? '', values);
  }

  override prepare(connection: Sending): void {
    if (!this.hasBeenParsed(connection)) {
      const { name } = this;
      connection.parse({ name, text: this.#text });
      if (name !== undefined) connection.submittedNamedStatements[name] = this.#text;
    }
    connection.stream.write(this.#messages);
  }

  override handleDataRow({ fields: [text = ''] }: { readonly fields: readonly string[] }): void {
    this.found.push(text);
  }
}

/** Runs a statement whose rows are one text each; answers them. */
export function texts(client: pg.PoolClient, query: pg.QueryConfig, values: readonly unknown[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const asked = new Texts(query, values, (error) => (error === null ? resolve(asked.found) : reject(error)));
    client.query(asked);
  });
}
