import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';

/** When a process began, in whatever form the system tells it; undefined where there is none, or only its zombie. */
export function processStart(pid: number): string | undefined {
  try {
    if (hasProc()) {
      // The name in brackets may hold anything; the fields after it do not. The 22nd field is the start time.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return ['Z', 'X'].includes(fields[0] ?? '') ? undefined : fields[19];
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Where the numbers of processes are those that this process sees, as one word: the boot and the PID namespace. In
 * another one the same number is somebody else, and a living process may have none.
 */
export function processRealm(): string {
  const parts = [
    () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    () => readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, ''),
  ];
  return parts.map(orNothing).join('/');
}

/** Whether the system shows its processes as files. */
export function hasProc(): boolean {
  return existsSync('/proc/self/stat');
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
