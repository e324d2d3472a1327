import type pg from 'pg';
import { post } from './support/calls.ts';
import { emptyFolder, openBenchDatabase } from './support/folders.ts';
import { startMolva, type BenchedMolva } from './support/molva.ts';
import { rounded } from './support/numbers.ts';

const SESSIONS = Number(process.env['BENCH_CONVERSATIONS'] ?? 500);
/** With the bot's first words a session has a message more than twice as many. */
const EXCHANGES = 20;
const MESSAGES = 1 + 2 * EXCHANGES;
const TALKING = 16;

/** What a table takes, bytes a message. */
export interface TableSize {
  readonly heap: number;
  readonly indexes: number;
  readonly rowsPerMessage: number;
}

/** What conversations take on disk, over all tables and their indexes. */
export interface SizeFigures {
  readonly bytesPerMessage: number;
  readonly kibibytesPerSession: number;
  readonly messagesPerSession: number;
  readonly tables: Readonly<Record<string, TableSize>>;
}

/** Conversations with a bot as the SDK has them, with a key for each message, and as a plain caller has them. */
export async function sizeBench(): Promise<{ plain: SizeFigures; keyed: SizeFigures }> {
  return { plain: await sizeOf(false), keyed: await sizeOf(true) };
}

async function sizeOf(keyed: boolean): Promise<SizeFigures> {
  await using folder = await emptyFolder();
  await using molva = await startMolva(folder.dataFolder);
  const chatId = await molva.echoChat();
  const database = await openBenchDatabase(molva.database);
  try {
    const before = await sizes(database);
    let left = SESSIONS;
    await Promise.all(
      Array.from({ length: TALKING }, async () => {
        while (left-- > 0) await talk(molva, chatId, keyed);
      }),
    );
    const after = await sizes(database);
    return figuresOf(before, after);
  } finally {
    await database.end();
  }
}

interface Size {
  readonly heap: number;
  readonly indexes: number;
  readonly rows: number;
}

/** Sizes of all tables, with what they keep beside themselves, and their rows. */
async function sizes(database: pg.Client): Promise<Map<string, Size>> {
  const { rows } = await database.query<{ name: string; heap: string; indexes: string }>(
    `select relname as name, pg_table_size(oid) as heap, pg_indexes_size(oid) as indexes from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  const found = new Map<string, Size>();
  for (const { name, heap, indexes } of rows) {
    const counted = await database.query<{ count: string }>(`select count(*) from ${name}`);
    found.set(name, { heap: Number(heap), indexes: Number(indexes), rows: Number(counted.rows[0]?.count) });
  }
  return found;
}

function figuresOf(before: ReadonlyMap<string, Size>, after: ReadonlyMap<string, Size>): SizeFigures {
  const messages = SESSIONS * MESSAGES;
  const none: Size = { heap: 0, indexes: 0, rows: 0 };
  const grown = [...after].map(([name, size]) => {
    const was = before.get(name) ?? none;
    return {
      name,
      heap: size.heap - was.heap,
      indexes: size.indexes - was.indexes,
      rows: size.rows - was.rows,
    };
  });
  const bytes = grown.reduce((sum, { heap, indexes }) => sum + heap + indexes, 0) / messages;
  const tables = grown
    .filter(({ heap, indexes }) => heap + indexes > 0)
    .sort((a, b) => b.heap + b.indexes - a.heap - a.indexes)
    .map(({ name, heap, indexes, rows }): [string, TableSize] => [
      name,
      {
        heap: rounded(heap / messages, 2),
        indexes: rounded(indexes / messages, 2),
        rowsPerMessage: rounded(rows / messages, 2),
      },
    ]);
  return {
    bytesPerMessage: Math.round(bytes),
    kibibytesPerSession: rounded((bytes * MESSAGES) / 1024),
    messagesPerSession: MESSAGES,
    tables: Object.fromEntries(tables),
  };
}

async function talk({ port }: BenchedMolva, chatId: string, keyed: boolean): Promise<void> {
  const url = `http://127.0.0.1:${port}/api/v1`;
  const { id } = await post<{ id: string }>(`${url}/chats/${chatId}/sessions`, {});
  for (let said = 0; said < EXCHANGES; said++) {
    const key = keyed ? { clientMessageId: crypto.randomUUID() } : {};
    await post(`${url}/sessions/${id}/clients/messages`, { body: 'Hello, is anybody there?', ...key });
  }
}
