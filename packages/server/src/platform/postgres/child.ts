import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import type { ClusterLog } from './cluster-log.ts';
import { ENVIRONMENT } from './programs.ts';
import type { RunAs } from './run-as.ts';

/** Time to end for a server that nobody is in a hurry about. */
const STOP_LIMIT_MS = 8_000;
/** Ways to end a server, the better first, each with its share of the time. One that was frozen takes the last alone. */
const WAYS = [
  ['SIGINT', 0.7],
  ['SIGQUIT', 0.15],
  ['SIGKILL', 0.15],
] as const;

const settings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  // What was answered is on the disk, whatever a file in the folder says.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '128MB',
  // Conversations write little rows often: compressed pages, and checkpoints far apart.
  wal_compression: 'on',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  // Every statement here is short; compiling one costs more than running it.
  jit: 'off',
  // A process that is killed, for want of memory say, takes those of one cluster along and comes back with them.
  restart_after_crash: 'on',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  // A start tells by it that it goes on.
  log_startup_progress_interval: '5s',
  timezone: 'UTC',
} as const;

/** Where a server works: its cluster, its socket, and the file that says who is let in. */
export interface Places {
  readonly folder: string;
  readonly socketFolder: string;
  readonly accessRules: string;
}

/** Connections that a server takes: those of one process, of the next one while they change, and of whoever looks. */
const CONNECTIONS = 50;

/** Starts a server as a child that ends with this process. */
export function launch(
  { folder, socketFolder, accessRules }: Places,
  binaries: Binaries,
  as: RunAs,
  log: ClusterLog,
  connections = CONNECTIONS,
): ChildProcess {
  const options = {
    ...settings,
    max_connections: connections,
    unix_socket_directories: listOf(socketFolder),
    hba_file: accessRules,
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { command, args } = as.wrap(join(binaries.folder, 'postgres'), ['-D', folder, ...flags]);
  const output = log.open();
  try {
    // Its own process group: a Ctrl-C on the terminal reaches Molva alone, which then stops the database in order.
    const child = spawn(command, args, {
      stdio: ['ignore', output, output],
      cwd: '/',
      detached: true,
      env: ENVIRONMENT,
    });
    // A signal that cannot be sent is an error too, whenever that is: what becomes of the child is seen by its end.
    return child.on('error', () => undefined);
  } finally {
    closeSync(output);
  }
}

/** A list of one in PostgreSQL's words: a comma in it would begin another entry. */
function listOf(entry: string): string {
  return `"${entry.replaceAll('"', '""')}"`;
}

/** Whether a child is no more. */
export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Ends a server within a time, in order where it can: a crash costs the next start a moment. What was committed is kept. */
export async function stop(child: ChildProcess, withinMs = STOP_LIMIT_MS): Promise<void> {
  for (const [signal, share] of WAYS) {
    if (hasEnded(child)) return;
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), withinMs * share);
    child.kill(signal);
    await once(child, 'exit', { signal: patience.signal }).catch(() => undefined);
    clearTimeout(timer);
  }
}
