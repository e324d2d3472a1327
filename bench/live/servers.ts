import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../packages/server/src/testing/free-port.ts';
import { startNode, stop } from '../support/process.ts';

/** A server of the Centrifuge protocol that is measured; its channels are `bench:<anything>`, its history a hundred. */
export interface LiveServer extends AsyncDisposable {
  readonly port: number;
  readonly path: string;
  readonly pid: number;
  /** What decides about its clients, where that is a process of its own. */
  readonly backendPid: number | undefined;
}

/** Starts one to be measured. */
export type StartLive = () => Promise<LiveServer>;

const ENGINE = fileURLToPath(new URL('./server.ts', import.meta.url));
const BACKEND = fileURLToPath(new URL('./backend.ts', import.meta.url));
const START_LIMIT_MS = 20_000;

/** The embedded engine in a process of its own. */
export async function startEngine(program = ENGINE): Promise<LiveServer> {
  const { child, match } = await startNode(['--conditions=source', program], {}, /port (\d+)/);
  return {
    port: Number(match[1]),
    path: '/connection/websocket',
    pid: child.pid ?? 0,
    backendPid: undefined,
    [Symbol.asyncDispose]: () => stop(child),
  };
}

/** Where a real Centrifugo is: named by `BENCH_CENTRIFUGO`, or in the `PATH`; undefined where there is none. */
export function findCentrifugo(): string | undefined {
  const inPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'centrifugo'));
  return [process.env['BENCH_CENTRIFUGO'] ?? '', ...inPath].find((file) => file !== '' && existsSync(file));
}

/** A Centrifugo with its memory engine, beside a backend that it asks about every client. */
export async function startCentrifugo(program: string): Promise<LiveServer> {
  const backend = await startNode([BACKEND], {}, /port (\d+)/);
  const folder = await mkdtemp(join(tmpdir(), 'bench-live-'));
  const port = await freePort();
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify(configuration(port, Number(backend.match[1]))));
  const child = spawn(program, ['-c', file], { stdio: 'ignore' });
  const end = async (): Promise<void> => {
    await stop(child);
    await stop(backend.child);
    await rm(folder, { recursive: true });
  };
  try {
    await once(child, 'spawn');
    await answering(`http://127.0.0.1:${port}/health`);
  } catch (error) {
    await end();
    throw error;
  }
  const { pid = 0 } = child;
  return { port, path: '/connection/websocket', pid, backendPid: backend.child.pid, [Symbol.asyncDispose]: end };
}

function configuration(port: number, backendPort: number): object {
  const endpoint = `http://127.0.0.1:${backendPort}/connect`;
  return {
    http_server: { address: '127.0.0.1', port: String(port) },
    log: { level: 'error' },
    client: { allowed_origins: ['*'], proxy: { connect: { enabled: true, endpoint, timeout: '5s' } } },
    channel: { namespaces: [{ name: 'bench', history_size: 100, history_ttl: '600s', force_recovery: true }] },
    http_api: { insecure: true },
    admin: { enabled: false },
    health: { enabled: true },
    usage_stats: { disabled: true },
  };
}

async function answering(url: string): Promise<void> {
  const end = performance.now() + START_LIMIT_MS;
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (performance.now() > end) throw new Error(`nothing answers at ${url}`);
    await sleep(50);
  }
}
