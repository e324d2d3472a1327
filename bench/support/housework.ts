import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { openBenchDatabase } from './folders.ts';

/** The pace of the database's own vacuum. */
const PACE = `set vacuum_cost_delay = '2ms'`;
/** Every page is read, as where each has a row to be tidied up. */
const VACUUM = 'vacuum (disable_page_skipping) messages, session_events, sessions';
/** A checkpoint that writes as fast as it can, and after it each page whole that is touched: again and again. */
const CHECKPOINT_MS = 2_000;
const QUERY_CANCELED = '57014';

/** Does what a database does by itself, a vacuum and checkpoints, until it is disposed of. */
export async function keepHouse(database: pg.ClientConfig): Promise<AsyncDisposable> {
  const [vacuums, checkpoints] = [await openBenchDatabase(database), await openBenchDatabase(database)];
  await vacuums.query(PACE);
  const { rows } = await vacuums.query<{ pid: number }>('select pg_backend_pid() as pid');
  const stopping = new AbortController();
  const vacuuming = until(stopping.signal, () => vacuums.query(VACUUM));
  const checkpointing = until(stopping.signal, async () => {
    await checkpoints.query('checkpoint');
    await sleep(CHECKPOINT_MS);
  });
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await checkpointing;
      await checkpoints.query('select pg_cancel_backend($1)', [rows[0]?.pid]);
      await vacuuming;
      await Promise.all([vacuums.end(), checkpoints.end()]);
    },
  };
}

async function until(stopped: AbortSignal, work: () => Promise<unknown>): Promise<void> {
  try {
    while (!stopped.aborted) await work();
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== QUERY_CANCELED) throw error;
  }
}
