import { generateKeyPair, randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StartError } from './start-error.ts';
import { newDataKey, parseDataKeys, type DataKey } from './vault.ts';

/** What Molva signs with. */
export interface Secrets {
  /** The RSA pair of user tokens, PEM. */
  readonly signing: { readonly privateKey: string; readonly publicKey: string };
  /** The key of session tokens. */
  readonly sessionKey: Uint8Array;
  /** What the secrets in the database are sealed with: the first seals. */
  readonly dataKeys: readonly DataKey[];
}

/** Hears of a file that others could read, as a copy that was put back by hand. */
type Tell = (sentence: string) => void;

const untold: Tell = () => undefined;

/** How secrets are read. */
interface SecretsOptions {
  /** Data keys of the environment. */
  readonly dataKeys?: readonly DataKey[] | undefined;
  readonly tell?: Tell;
}

/**
 * Reads the secrets of a data folder, generating what is missing; the files are readable by their owner alone. Data keys of
 * the environment come before those of the folder, which then gets none of its own.
 */
export async function openSecrets(
  dataDir: string,
  { dataKeys = [], tell = untold }: SecretsOptions = {},
): Promise<Secrets> {
  const folder = await openFolder(dataDir);
  const pair = JSON.parse(await readOrMake(join(folder, 'signing.json'), makePair, tell)) as Secrets['signing'];
  const key = await readOrMake(join(folder, 'session.key'), () => randomBytes(32).toString('base64'), tell);
  const known = new Set(dataKeys.map(({ id }) => id));
  const others = (await readDataKeys(folder, dataKeys.length > 0, tell)).filter(({ id }) => !known.has(id));
  return { signing: pair, sessionKey: Buffer.from(key, 'base64'), dataKeys: [...dataKeys, ...others] };
}

const DATA_KEYS = 'data.keys';

async function readDataKeys(folder: string, optional: boolean, tell: Tell): Promise<readonly DataKey[]> {
  const path = join(folder, DATA_KEYS);
  if (optional && (await stat(path).catch(() => undefined)) === undefined) return [];
  const text = await readOrMake(path, () => `${newDataKey(randomBytes)}\n`, tell);
  try {
    return parseDataKeys(text);
  } catch (error) {
    throw new StartError(`The data keys in ${path} cannot be read: it ${(error as Error).message}.`);
  }
}

/** Puts a new data key before those of a data folder, which the next start seals with; answers its name. Throws `StartError` where there is none. */
export async function rotateDataKey(dataDir: string): Promise<string> {
  if ((await stat(dataDir).catch(() => undefined)) === undefined) {
    throw new StartError(`There is no data folder ${dataDir}: its first start makes its first key.`);
  }
  const folder = await openFolder(dataDir);
  const before = await readDataKeys(folder, true, untold);
  const path = join(folder, DATA_KEYS);
  const key = newDataKey(randomBytes);
  await writeWhole(path, `${key}\n${before.length === 0 ? '' : await readFile(path, 'utf8')}`);
  return key.split(':')[0] ?? '';
}

/** The password of the embedded database, made at the first start; letters and digits alone. */
export async function databasePassword(dataDir: string): Promise<string> {
  const folder = await openFolder(dataDir);
  return readOrMake(join(folder, 'database.password'), () => randomBytes(32).toString('hex'), untold);
}

async function openFolder(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'secrets');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  return folder;
}

const generate = promisify(generateKeyPair);

/** An RSA pair, made beside everything else that a first start does. */
async function makePair(): Promise<string> {
  const encodings = {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  } as const;
  return JSON.stringify(await generate('rsa', { modulusLength: 2048, ...encodings }));
}

async function readOrMake(path: string, make: () => string | Promise<string>, tell: Tell): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    await writeWhole(path, await make());
  } else if ((found.mode & 0o077) !== 0) {
    await chmod(path, 0o600);
    tell(`others could have read the secret ${path}: they cannot any more; if somebody has, delete it for a new one`);
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
