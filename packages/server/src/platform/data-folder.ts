import { access, constants, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { lockFolder } from './folder-lock.ts';
import { StartError } from './start-error.ts';

/** Makes the data folder where there is none and takes it for this process; dispose to give it back. */
export async function openDataFolder(dataDir: string): Promise<AsyncDisposable> {
  const folder = resolve(dataDir);
  try {
    // Others may pass through: started as root, the database runs as somebody else and keeps its own folder private.
    await mkdir(folder, { recursive: true, mode: 0o711 });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `The data folder ${folder} cannot be written (${code}). Give this user the right to, or set MOLVA_DATA_DIR to another folder.`,
    );
  }
  return lockFolder(join(folder, 'molva.lock'), folder);
}
