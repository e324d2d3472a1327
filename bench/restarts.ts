import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { emptyFolder } from './support/folders.ts';
import { percentile } from './support/numbers.ts';
import { familyOf } from './support/process.ts';

const main = fileURLToPath(new URL('../packages/server/dist/main.js', import.meta.url));
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 50);
const LIMIT_MS = 60_000;
const NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child', '--'];
const ORDINARY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];

/** Kills of everything with a restart at once. */
export interface RestartFigures {
  readonly rounds: number;
  /** Starts that ended, and starts that hung. */
  readonly refused: number;
  readonly p50Ms: number;
  readonly slowestMs: number;
  /** The words of those that were refused. */
  readonly words: readonly string[];
}

/** How Molva is run: as it is, as the first process of a PID namespace, by an ordinary user. */
const ways = {
  plain: [],
  namespace: NAMESPACE,
  ordinary: ORDINARY,
  ordinaryNamespace: [...NAMESPACE, ...ORDINARY],
} as const satisfies Record<string, readonly string[]>;

/** Kills a Molva with everything it has started, by SIGKILL, and starts it at once; each way as far as it is permitted. */
export async function restartsBench(): Promise<{ sound: boolean; ways: Partial<Record<string, RestartFigures>> }> {
  const figures: Partial<Record<string, RestartFigures>> = {};
  for (const [name, words] of Object.entries(ways)) {
    if (!permitted(words)) continue;
    figures[name] = await restarts(words);
    process.stderr.write(`${name}: ${JSON.stringify(figures[name])}\n`);
  }
  return { sound: Object.values(figures).every((one) => one?.refused === 0), ways: figures };
}

function permitted(words: readonly string[]): boolean {
  return words.length === 0 || spawnSync(words[0] ?? '', [...words.slice(1), 'true']).status === 0;
}

async function restarts(way: readonly string[]): Promise<RestartFigures> {
  await using folder = await emptyFolder();
  const home = dirname(folder.dataFolder);
  await mkdir(home, { recursive: true });
  if (way.includes('setpriv')) await chown(home, 65_534, 65_534);
  const environment = {
    MOLVA_DATA_DIR: folder.dataFolder,
    MOLVA_LOG_LEVEL: 'error',
    MOLVA_PORT: String(await freePort()),
  };
  const took: number[] = [];
  const refusals: string[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const began = performance.now();
    const { child, refusal } = await begin(way, environment);
    if (refusal !== undefined) refusals.push(refusal);
    // The first start makes the database.
    else if (round > 0) took.push(performance.now() - began);
    await sleep(Math.random() * 300);
    await killAll(child, way, join(folder.dataFolder, 'postgres'));
  }
  const sorted = took.toSorted((a, b) => a - b);
  const [p50Ms, slowestMs] = [percentile(sorted, 0.5), sorted.at(-1) ?? 0].map(Math.round) as [number, number];
  return { rounds: ROUNDS, refused: refusals.length, p50Ms, slowestMs, words: [...new Set(refusals)] };
}

async function begin(
  way: readonly string[],
  environment: Record<string, string>,
): Promise<{ child: ChildProcess; refusal: string | undefined }> {
  const words = [...way, process.execPath, main];
  const child = spawn(words[0] ?? '', words.slice(1), {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ready = new Promise<undefined>((resolve) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (said.includes('Molva is running')) resolve(undefined);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
  });
  const refused = once(child, 'close').then(() => said.trim().slice(0, 300));
  const hung = sleep(LIMIT_MS, `nothing within ${LIMIT_MS} ms: ${said}`, { ref: false });
  return { child, refusal: await Promise.race([ready, refused, hung]) };
}

/** Kills each process for itself, the database first. In a namespace its file holds a number of there. */
async function killAll(child: ChildProcess, way: readonly string[], cluster: string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  const server = way.includes('unshare') ? [] : [await serverOf(cluster)];
  const family = [...server, ...familyOf(child.pid).toReversed()];
  for (const pid of family) {
    try {
      if (pid > 0) process.kill(pid, 'SIGKILL');
    } catch {
      // It ended with another one.
    }
  }
  await ended;
}

async function serverOf(cluster: string): Promise<number> {
  const file = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '0');
  return Number.parseInt(file, 10);
}
