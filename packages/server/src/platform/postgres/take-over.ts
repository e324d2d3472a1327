import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunAs } from './run-as.ts';

/**
 * Takes a cluster over that was put back by hand: `cp -r` makes its folder readable to others, which PostgreSQL refuses,
 * and done by root it makes everything root's, as whom PostgreSQL does not run.
 */
export function takeOver(folder: string, as: RunAs): void {
  const mark = join(folder, 'PG_VERSION');
  if (!existsSync(mark)) return;
  if (as.uid !== undefined && [folder, mark].some((path) => statSync(path).uid !== as.uid)) {
    as.own(folder);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      as.own(join(entry.parentPath, entry.name));
    }
  }
  const { uid, mode } = statSync(folder);
  // Whose it is not leaves it to PostgreSQL to say so.
  if ((mode & 0o027) !== 0 && [0, uid].includes(process.getuid?.() ?? uid)) chmodSync(folder, 0o700);
}
