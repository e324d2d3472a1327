import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { ExternalDatabase } from '../packages/server/src/testing/external-database.ts';
import { openRawCrowd } from './raw-sql.ts';
import { contest, type Contestant, type Standing } from './support/contest.ts';
import { openCrowd, takesMessagesOnSockets, type Place } from './support/crowds.ts';
import { emptyFolder, openBenchDatabase } from './support/folders.ts';
import type { Watched } from './support/meter.ts';
import { startMolva, type BenchedMolva } from './support/molva.ts';
import { familyOf, residentBytes } from './support/process.ts';
import { watchExchange } from './support/written.ts';

/** Exchanges in a statement of raw SQL: as many as the server groups. */
const BATCH = 16;
/** The root of another Molva, built: it is measured beside this one, as what there was before. */
const BEFORE = process.env['BENCH_BEFORE'];
/** The folder with the programs of the PostgreSQL that stands for somebody else's; without it that of the tests. */
const POSTGRES = process.env['BENCH_POSTGRES'];
/** After a start the server has settled by then. */
const SETTLING_MS = 3_000;

/** What exchanges come to: a client's message in, the bot's answer committed and received on the socket. */
export interface ExchangeFigures {
  readonly idleMegabytes: number;
  readonly standings: readonly Standing[];
}

/** A Molva that is measured, with whatever is asked about its database. */
interface Opened {
  readonly molva: BenchedMolva;
  readonly place: Place;
  readonly statistics: pg.Client;
  readonly watched: Watched;
  readonly database: string;
}

/** Exchanges by each way there is, beside the same transaction by SQL alone, on the embedded database and on another. */
export async function exchangeBench(): Promise<ExchangeFigures> {
  await using stack = new AsyncDisposableStack();
  const contestants: Contestant[] = [];
  let idle = 0;
  for (const kind of ['embedded', 'external'] as const) {
    const now = await open(stack, kind);
    if (kind === 'embedded') idle = await idleMegabytes(now.molva);
    contestants.push(...(await rawSql(now, '')), ...(await ways(now, '')));
    if (BEFORE === undefined) continue;
    const before = await open(stack, kind, BEFORE);
    contestants.push(...(await rawSql(before, ' before')), ...(await ways(before, ' before')));
  }
  return { idleMegabytes: idle, standings: await contest(contestants) };
}

async function open(stack: AsyncDisposableStack, kind: 'embedded' | 'external', root?: string): Promise<Opened> {
  const { dataFolder } = stack.use(await emptyFolder());
  const external = kind === 'external' ? stack.use(await ExternalDatabase.open([], POSTGRES)) : undefined;
  const program = root === undefined ? {} : { program: join(root, 'packages/server/dist/main.js') };
  const settings = external === undefined ? {} : { MOLVA_DATABASE_URL: external.connectionString };
  const molva = stack.use(await startMolva(dataFolder, { ...program, settings }));
  const statistics = await openBenchDatabase(molva.database);
  stack.defer(() => statistics.end());
  const { rows } = await statistics.query<{ server_version: string }>('show server_version');
  const databaseProcesses = (): number[] =>
    external === undefined ? familyOf(molva.pid).slice(1) : familyOf(external.pid);
  return {
    molva,
    place: { port: molva.port, chatId: await molva.echoChat() },
    statistics,
    watched: { server: molva.pid, databaseProcesses, statistics },
    database: `${kind}, ${rows[0]?.server_version.split(' ')[0]}`,
  };
}

/** The server's ways; each is compared with raw SQL on the database of the server of now. */
async function ways({ place, watched, database }: Opened, when: string): Promise<Contestant[]> {
  const way = (transport: 'POST' | 'RPC'): Contestant => ({
    database,
    name: `${transport}${when}`,
    peer: RAW,
    watched,
    open: (sessions) => openCrowd(place, sessions, transport),
  });
  if (await takesMessagesOnSockets(place)) return [way('POST'), way('RPC')];
  process.stderr.write(`no figures by RPC${when} on ${database}: the server knows no sendMessage\n`);
  return [way('POST')];
}

const RAW = 'raw SQL';

/** The same by SQL alone: what that server writes, so that less that is written is a faster peer too. */
async function rawSql({ molva, place, statistics, watched, database }: Opened, when: string): Promise<Contestant[]> {
  await using crowd = await openCrowd(place, 1, 'POST');
  const exchange = async (): Promise<unknown> => crowd.talkers[0]?.();
  // The first one in a session writes what no other does.
  await exchange();
  const written = await watchExchange(statistics, exchange);
  const raw = (name: string, batch: number): Contestant => ({
    database,
    name,
    peer: RAW,
    least: batch,
    watched: { ...watched, server: null },
    open: (sessions) => openRawCrowd(molva.database, written, sessions, batch),
  });
  return [raw(`${RAW}${when}`, 1), raw(`${RAW}${when}, ${BATCH} a statement`, BATCH)];
}

async function idleMegabytes({ pid }: BenchedMolva): Promise<number> {
  await sleep(SETTLING_MS);
  return Math.round(familyOf(pid).reduce((sum, member) => sum + residentBytes(member), 0) / 1024 / 1024);
}
