import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of `/proc/<pid>/stat` on every Linux this runs on. */
const TICKS = 100;

/** Processor time a process has used, seconds. */
export function cpuSeconds(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS;
}

/**
 * Processor time that processes use from now on, seconds, told whenever it is asked for. Processes that begin later
 * are counted, those that have ended are not.
 */
export function watchCpu(pids: () => readonly number[]): () => number {
  const before = new Map(pids().map((pid) => [pid, cpuSeconds(pid)]));
  return () => pids().reduce((total, pid) => total + cpuSeconds(pid) - (before.get(pid) ?? 0), 0);
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}

/** Processor time that the whole machine has used, seconds, whoever used it. */
export function machineSeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync('/proc/stat', 'utf8')
    .slice(0, 200)
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS;
}

/** A process and everything it started, by their numbers. */
export function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statFields(Number(name))[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const family = (one: number): number[] => [one, ...(children.get(one) ?? []).flatMap(family)];
  return family(pid);
}

function statFields(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** Figures are of what the server can do, not of what it lets one caller do. */
export const unlimited = {
  MOLVA_RATE_LIMIT: '0',
  MOLVA_RATE_LIMIT_OPEN: '0',
  MOLVA_RATE_LIMIT_STARTS: '0',
  MOLVA_CONNECTIONS_PER_ADDRESS: '0',
};

/** Starts a Node program and waits for a line of it. */
export async function startNode(
  args: readonly string[],
  environment: Record<string, string>,
  line: RegExp,
): Promise<{ child: ChildProcess; match: RegExpExecArray }> {
  // Molva refuses settings it does not know.
  const { MOLVA_BENCH_DATA: _, ...inherited } = process.env;
  const child = spawn(process.execPath, args, {
    env: { ...inherited, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const found = line.exec(output);
      if (found !== null) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the program ended with ${code}: ${output}`)));
  });
  return { child, match };
}

/** Ends a program in order, where it did not end by itself. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
