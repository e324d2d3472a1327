import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { contest, type Contestant, type Standing } from './support/contest.ts';
import { openColdCrowd, openCrowd } from './support/crowds.ts';
import { emptyFolder, openBenchDatabase } from './support/folders.ts';
import { keepHouse } from './support/housework.ts';
import type { Crowd } from './support/load.ts';
import type { Watched } from './support/meter.ts';
import { rounded } from './support/numbers.ts';
import { startMolva, type BenchedMolva } from './support/molva.ts';
import { familyOf } from './support/process.ts';

/** A connection of the server tells what it wrote after at most so long. */
const TELLING_MS = 11_000;
/** What all the others are compared with. */
const EMPTY = 'empty';

/** The exchange on a full database beside an empty one. */
export interface GrowthFigures {
  readonly standings: readonly Standing[];
  /** Of the updates of sessions in the full one, the share that touched no index. */
  readonly updatesWithoutIndex: number;
}

/**
 * The exchange on a full database beside an empty one, in turns, with and without the care of the database beside it; and
 * in each exchange another session that is in nobody's memory, where the folder has enough of them.
 */
export async function growthBench(dataFolder: string, withCold: boolean): Promise<GrowthFigures> {
  await using stack = new AsyncDisposableStack();
  const empty = stack.use(await startMolva(stack.use(await emptyFolder()).dataFolder));
  const full = stack.use(await startMolva(dataFolder));
  const statistics = await openStatistics(stack, full);
  const contestants = [
    ...(await talking(EMPTY, empty, await openStatistics(stack, empty))),
    ...(await talking('full', full, statistics)),
    ...(withCold ? [await cold(full, statistics)] : []),
  ];
  const before = await updatesOf(statistics);
  const standings = await contest(contestants);
  await sleep(TELLING_MS);
  const after = await updatesOf(statistics);
  const share = (after.hot - before.hot) / (after.all - before.all);
  return { standings, updatesWithoutIndex: rounded(share, 4) };
}

async function openStatistics(stack: AsyncDisposableStack, { database }: BenchedMolva): Promise<pg.Client> {
  const client = await openBenchDatabase(database);
  stack.defer(() => client.end());
  return client;
}

function watch({ pid }: BenchedMolva, statistics: pg.Client): Watched {
  return { server: pid, databaseProcesses: () => familyOf(pid).slice(1), statistics };
}

async function talking(name: string, molva: BenchedMolva, statistics: pg.Client): Promise<Contestant[]> {
  const place = { port: molva.port, chatId: await molva.echoChat() };
  const one = (what: string, open: (sessions: number) => Promise<Crowd>): Contestant => {
    return { database: 'embedded', name: what, peer: EMPTY, watched: watch(molva, statistics), open };
  };
  return [
    one(name, (sessions) => openCrowd(place, sessions, 'POST')),
    one(`${name}, vacuum and checkpoints beside`, async (sessions) => {
      const stack = new AsyncDisposableStack();
      stack.use(await keepHouse(molva.database));
      const { talkers } = stack.use(await openCrowd(place, sessions, 'POST'));
      return { talkers, [Symbol.asyncDispose]: () => stack.disposeAsync() };
    }),
  ];
}

async function cold(molva: BenchedMolva, statistics: pg.Client): Promise<Contestant> {
  const { rows } = await statistics.query<{ id: string }>(
    `select s.id from bench_sessions b join sessions s using (id)
      join clients c on c.company_id = s.company_id and c.id = s.client_id
      where s.company_id = 1 and s.chat_id is not null and s.closed_at is null and s.operator_type = 'BOT'
        and c.banned_at is null and b.started_at < now() - interval '2 days' order by random()`,
  );
  const next = (): string | undefined => rows.pop()?.id;
  const open = (callers: number): Promise<Crowd> => openColdCrowd(molva.port, callers, next);
  const name = 'full, each in a session that is cold, without a socket';
  return { database: 'embedded', name, peer: EMPTY, watched: watch(molva, statistics), open };
}

async function updatesOf(database: pg.Client): Promise<{ all: number; hot: number }> {
  const { rows } = await database.query<{ all: string; hot: string }>(
    `select n_tup_upd as all, n_tup_hot_upd as hot from pg_stat_user_tables where relname = 'sessions'`,
  );
  return { all: Number(rows[0]?.all), hot: Number(rows[0]?.hot) };
}
