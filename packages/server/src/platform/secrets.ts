import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

/** What Molva signs with. */
export interface Secrets {
  /** The RSA pair of user tokens, PEM. */
  readonly signing: { readonly privateKey: string; readonly publicKey: string };
  /** The key of session tokens. */
  readonly sessionKey: Uint8Array;
}

/** Reads the secrets of a data folder, generating what is missing; the files are readable by their owner alone. */
export async function openSecrets(dataDir: string): Promise<Secrets> {
  const folder = await openFolder(dataDir);
  const pair = JSON.parse(await readOrMake(join(folder, 'signing.json'), makePair)) as Secrets['signing'];
  const key = await readOrMake(join(folder, 'session.key'), () => randomBytes(32).toString('base64'));
  return { signing: pair, sessionKey: Buffer.from(key, 'base64') };
}

/** The password of the embedded database, made at the first start; letters and digits alone. */
export async function databasePassword(dataDir: string): Promise<string> {
  const folder = await openFolder(dataDir);
  return readOrMake(join(folder, 'database.password'), () => randomBytes(32).toString('hex'));
}

async function openFolder(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'secrets');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  return folder;
}

function makePair(): string {
  return JSON.stringify(
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }),
  );
}

async function readOrMake(path: string, make: () => string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    await writeWhole(path, make());
  } else if ((found.mode & 0o077) !== 0) {
    throw new StartError(`The secret ${path} can be read by others. Run: chmod 600 ${path}`);
  }
  return readFile(path, 'utf8');
}

/** Writes beside and renames, so that a crash leaves either nothing or the whole. */
async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  await file.writeFile(text);
  await file.sync();
  await file.close();
  await rename(`${path}.new`, path);
}
