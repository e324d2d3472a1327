import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.ts';
import { processRealm, processStart } from './processes.ts';

const SHORT_MS = 100;
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molva-lock-'));
  path = join(folder, 'molva.lock');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Takes the lock and gives it back; answers the refusal, if any. */
async function refusal(grace = SHORT_MS): Promise<string | undefined> {
  try {
    await using _lock = await lockFolder(path, folder, grace);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Leaves the lock of somebody. */
function leave(pid: number, start: string | undefined, realm = processRealm()): Promise<void> {
  return writeFile(path, `${pid} ${start ?? ''} ${realm}\n`);
}

describe('the lock of a folder', () => {
  it('is one process’s at a time, and leaves nothing behind', async () => {
    const both = await Promise.allSettled([lockFolder(path, folder, SHORT_MS), lockFolder(path, folder, SHORT_MS)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await refusal()).toMatch(`is in use by process ${process.pid}`);
    for (const one of both) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is free when its holder is dead: killed, a zombie, or a number that is somebody else’s by now', async () => {
    const child = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    // What a zombie's beginning is could be read from it all the same: the lock was taken when it lived.
    const zombie = Number(said.toString());
    const file = await readFile(`/proc/${zombie}/stat`, 'utf8').catch(() => '');
    await leave(zombie, file.slice(file.lastIndexOf(')') + 2).split(' ')[19]);
    expect(await refusal()).toBe(undefined);
    child.kill('SIGKILL');

    await leave(process.pid, '1');
    expect(await refusal()).toBe(undefined);
    await leave(4_000_000, '1');
    expect(await refusal()).toBe(undefined);
    // After a reboot, or in a container begun again, even the beginnings may be the same.
    await leave(process.pid, processStart(process.pid), 'an-earlier-boot/1');
    expect(await refusal()).toBe(undefined);
  });

  it('is not taken from a holder in another container, whose number says nothing here', async () => {
    const holder = createServer().listen(`${path}.socket`);
    await once(holder, 'listening');
    await leave(1, '17', 'this-boot/2');
    expect(await refusal()).toMatch(/in use by a process of another container \(there it is process 1\)/);
    holder.close();
    await once(holder, 'close');
    expect(await refusal()).toBe(undefined);
  });

  it('is waited for while its holder is ending', async () => {
    const child = spawn('sleep', ['1000']);
    await leave(child.pid ?? 0, processStart(child.pid ?? 0));
    const taking = refusal(10_000);
    await sleep(SHORT_MS);
    child.kill('SIGKILL');
    expect(await taking).toBe(undefined);
  });

  it('is free when a power failure left it empty', async () => {
    await writeFile(path, '');
    expect(await refusal()).toBe(undefined);
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });
});
