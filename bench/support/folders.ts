import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { fill, type FillingSeconds } from './fill.ts';
import { startMolva } from './molva.ts';

/** A data folder of a Molva; disposing of it deletes it. */
export interface Folder extends AsyncDisposable {
  readonly dataFolder: string;
}

/** A data folder whose database is full. */
export interface FullFolder extends Folder {
  readonly sessions: number;
  readonly seconds: FillingSeconds;
}

const SESSIONS = Number(process.env['BENCH_SESSIONS'] ?? 1_000_000);
/** A folder named here is filled once and kept; without a name it is one for the run. */
const KEPT = process.env['MOLVA_BENCH_DATA'];

/** A folder for a Molva that starts from nothing. */
export async function emptyFolder(): Promise<Folder> {
  const folder = await mkdtemp(join(tmpdir(), 'molva-bench-'));
  // Started as root, the database runs as somebody else, who must be able to pass through.
  await chmod(folder, 0o711);
  return {
    dataFolder: join(folder, 'data'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Opens the folder with a million sessions and ten million messages; fills it where that was not done yet. */
export async function openFullFolder(): Promise<FullFolder> {
  const folder = KEPT ?? (await mkdtemp(join(tmpdir(), 'molva-bench-')));
  const dataFolder = join(folder, 'data');
  const done = join(folder, 'filled.json');
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
  if (!existsSync(done)) {
    const seconds = await fillFolder(dataFolder);
    await writeFile(done, JSON.stringify({ sessions: SESSIONS, seconds }));
  }
  const { sessions, seconds } = JSON.parse(await readFile(done, 'utf8')) as Pick<FullFolder, 'sessions' | 'seconds'>;
  return {
    dataFolder,
    sessions,
    seconds,
    async [Symbol.asyncDispose]() {
      if (KEPT === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fillFolder(dataFolder: string): Promise<FillingSeconds> {
  await using molva = await startMolva(dataFolder);
  await molva.echoChat();
  const client = await openBenchDatabase(molva.database);
  try {
    return await fill(
      client,
      { sessions: SESSIONS, clients: Math.round(SESSIONS * 0.3), sessionsWithEvents: Math.round(SESSIONS / 20) },
      (line) => process.stderr.write(`${line}\n`),
    );
  } finally {
    await client.end();
  }
}

/** A connection to the database of a running Molva, past it. */
export async function openBenchDatabase(database: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(database);
  await client.connect();
  return client;
}
