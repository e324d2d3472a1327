import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { fill, type Filling, type FillingSeconds } from './fill.ts';
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

/** How much a folder is filled with. */
type Size = Pick<Filling, 'sessions' | 'activeShare' | 'operatorShare'>;

/** A million sessions with ten million messages, of which nearly all have ended. */
const MILLION = { sessions: 1_000_000, activeShare: 0.014, operatorShare: 0.3 };
/** Other sessions than a bench asks for, in number. */
const SESSIONS = process.env['BENCH_SESSIONS'];
/** In a folder named here what is filled is kept, each filling once; without a name it is one for the run. */
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

/** Opens the folder with so many sessions of ten messages each; fills it where that was not done yet. */
export async function openFullFolder(asked: Size = MILLION): Promise<FullFolder> {
  const size = { ...asked, sessions: Number(SESSIONS ?? asked.sessions) };
  const folder =
    KEPT === undefined
      ? await mkdtemp(join(tmpdir(), 'molva-bench-'))
      : join(KEPT, `${size.sessions}-${size.activeShare}-${size.operatorShare}`);
  const dataFolder = join(folder, 'data');
  const done = join(folder, 'filled.json');
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
  if (!existsSync(done)) {
    const seconds = await fillFolder(dataFolder, size);
    await writeFile(done, JSON.stringify(seconds));
  }
  return {
    dataFolder,
    sessions: size.sessions,
    seconds: JSON.parse(await readFile(done, 'utf8')) as FillingSeconds,
    async [Symbol.asyncDispose]() {
      if (KEPT === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fillFolder(dataFolder: string, size: Size): Promise<FillingSeconds> {
  await using molva = await startMolva(dataFolder);
  await molva.echoChat();
  const client = await openBenchDatabase(molva.database);
  try {
    return await fill(client, { ...size, clients: Math.round(size.sessions * 0.3) }, (line) =>
      process.stderr.write(`${line}\n`),
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
