import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { startApp } from './app.ts';
import { welcome } from './welcome.ts';
import { systemClock } from './platform/clock.ts';
import { configHelp, loadConfig, type Config } from './platform/config.ts';
import { openDataFolder } from './platform/data-folder.ts';
import { systemIds } from './platform/ids.ts';
import { openLog } from './platform/log.ts';
import { stepBefore } from './platform/migrations.ts';
import { openDatabaseServer } from './platform/postgres/index.ts';
import { openSecrets } from './platform/secrets.ts';
import { StartError } from './platform/start-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const HELP = `Usage: molva [start | help | help config | version]

  start         run Molva (the default)
  help config   list every setting
`;

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
  if (command === '' || command === 'start') return start(environment, output, version);
  if (command === 'help config') output.write(`${configHelp()}\n`);
  else if (command === 'version' || command === '--version') output.write(`${version}\n`);
  else if (['help', '--help', '-h'].includes(command)) output.write(HELP);
  else {
    process.stderr.write(`There is no command "${command}".\n\n${HELP}`);
    return 1;
  }
  return 0;
}

async function start(environment: Environment, output: NodeJS.WriteStream, version: string): Promise<number> {
  try {
    return await serve(loadConfig(environment), output, version);
  } catch (error) {
    if (error === STOPPED) return 0;
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** Runs until a signal, or until the database is lost. */
async function serve(config: Config, output: NodeJS.WriteStream, version: string): Promise<number> {
  const stopped = stopSignal();
  const log = openLog(config.logLevel, process.stderr.isTTY);
  await using _folder = await openDataFolder(config.dataDir);
  const secrets = await openSecrets(config.dataDir);
  const begun = new AbortController();
  void stopped.then(() => begun.abort(STOPPED));
  await using database = await openDatabaseServer(config.dataDir, config.databaseUrl, {
    tell: (sentence) => log.warn(sentence),
    stop: begun.signal,
    copyOf: async (connection) => (config.upgradeCopy ? stepBefore(connection) : undefined),
  });
  {
    await using app = await startApp({
      connection: database.connection,
      node: {
        name: config.nodeName ?? `${hostname()}:${resolve(config.dataDir)}`,
        // The lock of the data folder is the lock of the embedded database.
        alone: database.kind === 'embedded',
      },
      secrets,
      clock: systemClock,
      ids: systemIds(() => systemClock.now()),
      log,
      version,
      host: config.host,
      port: config.port,
      publicUrl: config.publicUrl,
      allowedOrigins: config.allowedOrigins,
      trustedProxies: config.trustedProxies,
      limits: { user: config.rateLimit, open: config.rateLimitOpen, starts: config.rateLimitStarts },
      connectionsPerAddress: config.connectionsPerAddress,
      outgoingAllow: config.outgoingAllow,
      admin: { email: config.adminEmail, password: config.adminPassword },
      demo: config.demo,
    });
    output.write(welcome(app.url, app.firstAdmin, database.kind));
    const failure = await Promise.race([stopped.then(() => undefined), database.failed]);
    if (failure !== undefined) {
      // Said at once: what is under way ends first.
      process.stderr.write(`${failure}\n`);
      return 1;
    }
    log.info('stopping: calls under way are finished, sockets are closed');
  }
  return 0;
}

/** Signals that come so shortly after the first are the same one, sent to the whole group or passed on. */
const SAME_SIGNAL_MS = 2_000;

/** Resolves at the first SIGINT or SIGTERM; another one, later, ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const hear = (): void => {
      resolve();
      const forget = (): void => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, hear);
      };
      setTimeout(forget, SAME_SIGNAL_MS).unref();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, hear);
  });
}
