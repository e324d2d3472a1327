import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { AppOptions } from './app.ts';
import { stopSignal, WayDown } from './way-down.ts';
import { welcome } from './welcome.ts';
import { systemClock } from './platform/clock.ts';
import { configHelp, loadConfig, type Config } from './platform/config.ts';
import { openDataFolder } from './platform/data-folder.ts';
import { systemIds } from './platform/ids.ts';
import { openLog } from './platform/log.ts';
import { stepBefore } from './platform/migrations.ts';
import { openDatabaseServer, type DatabaseServer } from './platform/postgres/index.ts';
import { openSecrets, rotateDataKey } from './platform/secrets.ts';
import { StartError } from './platform/start-error.ts';
import { newDataKey } from './platform/vault.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const HELP = `Molva, a chat platform that you run yourself.

Usage: molva [command]

  start                 run Molva (the default)
  user password EMAIL   give a user another password, and print it; with --stdin it
                        is read from the input. Stop Molva first, unless its
                        database is one of MOLVA_DATABASE_URL
  keys rotate           add a key that the next start seals the secrets in the
                        database with
  help config           list every setting: all are environment variables
  help                  show this
  version               print the version
`;

const nothing = (): void => undefined;

/** Why a start ends that was told to stop before there was anything to stop. */
const STOPPED = new StartError('Stopped before the database had started.');

/** Runs a command line; answers the exit code. */
export async function runCommand(
  args: readonly string[],
  environment: Environment,
  output: NodeJS.WriteStream,
): Promise<number> {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  const command = args.join(' ');
  if (command === '' || command === 'start') {
    return refusing(async () => serve(loadConfig(environment), output, version));
  }
  if (args[0] === 'user' && args[1] === 'password') {
    return refusing(() => userPassword(args.slice(2), environment, output));
  }
  if (command === 'keys rotate') return refusing(() => rotate(environment, output));
  if (command === 'help config') output.write(`${configHelp()}\n`);
  else if (command === 'version' || command === '--version') output.write(`${version}\n`);
  else if (['help', '--help', '-h'].includes(command)) output.write(HELP);
  else {
    process.stderr.write(`There is no command "${command}".\n\n${HELP}`);
    return 1;
  }
  return 0;
}

/** The exit code of some work; what a person can mend is one line. */
async function refusing(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error === STOPPED) return 0;
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** Adds a data key to those of the data folder, or says which one to put before those of the environment. */
async function rotate(environment: Environment, output: NodeJS.WriteStream): Promise<number> {
  const { dataDir, dataKeys } = loadConfig(environment);
  if (dataKeys === undefined) {
    const name = await rotateDataKey(dataDir);
    output.write(
      `The next start seals with the data key ${name}. Those of before stay in secrets/data.keys: backups need them.\n`,
    );
  } else output.write(`Put this before the keys in MOLVA_DATA_KEYS, and start again: ${newDataKey(randomBytes)}\n`);
  return 0;
}

async function userPassword(
  words: readonly string[],
  environment: Environment,
  output: NodeJS.WriteStream,
): Promise<number> {
  const [email = '', ...rest] = words.filter((word) => word !== '--stdin');
  if (email === '' || rest.length > 0) throw new StartError('Usage: molva user password EMAIL [--stdin]');
  const given = words.includes('--stdin');
  const { setUserPassword } = await import('./user-password.ts');
  const password = await setUserPassword(loadConfig(environment), email, given ? process.stdin : undefined);
  output.write(
    given ? `${email} has the given password.\n` : `Password of ${email}: ${password}   (shown this once)\n`,
  );
  return 0;
}

/** Runs until a signal, or until the database is lost; answers the exit code. */
async function serve(config: Config, output: NodeJS.WriteStream, version: string): Promise<number> {
  const log = openLog(config.logLevel, process.stderr.isTTY);
  const down = new WayDown(log);
  const begun = new AbortController();
  // A start that hangs is ended by a signal as well.
  const stopped = stopSignal().then(() => {
    down.begin(0);
    begun.abort(STOPPED);
  });
  try {
    await using opened = new AsyncDisposableStack();
    opened.use(await openDataFolder(config.dataDir));
    // Keys are made, and the application is loaded, while the database starts: half of a start is either of them.
    const making = openSecrets(config.dataDir, { dataKeys: config.dataKeys, tell: (sentence) => log.warn(sentence) });
    const made = making.then(nothing, nothing);
    opened.defer(() => made);
    const load = () => import('./app.ts');
    const database = await openDatabaseServer(config.dataDir, config.databaseUrl, {
      tell: (sentence) => log.warn(sentence),
      stop: begun.signal,
      waiting: () => void load().catch(nothing),
      copyOf: async (client) => (config.upgradeCopy ? stepBefore(client) : undefined),
    });
    try {
      const [secrets, { startApp }] = await Promise.all([making, load()]);
      const app = await startApp({ ...appOptions(config, database), secrets, log, version });
      output.write(welcome(app.url, app.firstAdmin, database.kind, config.adminPassword !== undefined));
      const failure = await Promise.race([stopped, database.failed]);
      if (failure === undefined) log.info('stopping: calls under way are finished, sockets are closed');
      else process.stderr.write(`${failure}\n`);
      down.begin(failure === undefined ? 0 : 1);
      await down.end(app, 'the application');
      return failure === undefined ? 0 : 1;
    } finally {
      down.begin(1);
      await database.end(down.left);
    }
  } finally {
    down.ended();
  }
}

function appOptions(
  config: Config,
  { connection, kind }: DatabaseServer,
): Omit<AppOptions, 'secrets' | 'log' | 'version'> {
  return {
    connection,
    node: {
      name: config.nodeName ?? `${hostname()}:${resolve(config.dataDir)}`,
      // The lock of the data folder is the lock of the embedded database.
      alone: kind === 'embedded',
    },
    clock: systemClock,
    ids: systemIds(() => systemClock.now()),
    host: config.host,
    port: config.port,
    publicUrl: config.publicUrl,
    allowedOrigins: config.allowedOrigins,
    trustedProxies: config.trustedProxies,
    limits: { user: config.rateLimit, open: config.rateLimitOpen, starts: config.rateLimitStarts },
    connectionsPerAddress: config.connectionsPerAddress,
    metrics: { address: config.metricsAddress, token: config.metricsToken },
    outgoingAllow: config.outgoingAllow,
    admin: { email: config.adminEmail, password: config.adminPassword },
    demo: config.demo,
  };
}
