import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { StartError } from './start-error.ts';

/**
 * Takes a folder for this process. The file names the process and when it began, so that a number used again after a
 * kill or a reboot is not taken for the old holder.
 */
export async function lockFolder(path: string, folder: string): Promise<AsyncDisposable> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw error;
    });
    if (file !== undefined) {
      await file.writeFile(`${process.pid} ${processStart(process.pid) ?? ''}\n`);
      await file.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    }
    const [pid = '', ...start] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ');
    const began = /^\d+$/.test(pid) ? processStart(Number(pid)) : undefined;
    if (began !== undefined && began === start.join(' ')) {
      throw new StartError(
        `The data folder ${folder} is in use by process ${pid}. Stop that Molva first, or set MOLVA_DATA_DIR to another folder.`,
      );
    }
    await rm(path, { force: true });
  }
  throw new StartError(`The data folder ${folder} is being taken by another process. Try again.`);
}

/** When a process began, in whatever form the system tells it; undefined where there is no such process. */
export function processStart(pid: number): string | undefined {
  try {
    if (existsSync('/proc/self/stat')) {
      // The name in brackets may hold anything; the fields after it do not. The 22nd field is the start time.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
