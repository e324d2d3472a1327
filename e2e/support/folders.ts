import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

const made: string[] = [];
afterAll(() => {
  const left = made.filter((path) => existsSync(path));
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});

/** A folder for a test, gone with it. Started as root, the database runs as somebody else, who may pass through it. */
export async function testFolder(mode = 0o711): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'molva-start-'));
  made.push(path);
  await chmod(path, mode);
  onTestFinished(() => rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  return path;
}
