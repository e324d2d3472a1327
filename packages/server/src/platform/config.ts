import {
  parseAllow,
  parseCount,
  parseHostPort,
  parseNetworks,
  parseOrigins,
  parsePostgresUrl,
  parsePublicUrl,
} from './config-values.ts';
import type { LogLevel } from './log.ts';
import { StartError } from './start-error.ts';
import { parseDataKeys } from './vault.ts';

/** One setting: its variable, its default as text, what it does, and how its text is read. */
interface Setting<T> {
  readonly variable: string;
  readonly fallback: string | undefined;
  readonly help: string;
  /** Reads the text; throws an Error that says what is expected. */
  readonly read: (text: string) => T;
}

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const satisfies readonly LogLevel[];

const settings = {
  host: setting('MOLVA_HOST', '127.0.0.1', 'Address to listen on; 0.0.0.0 for all.', text),
  port: setting('MOLVA_PORT', '8080', 'Port to listen on; 0 takes a free one.', port),
  publicUrl: setting(
    'MOLVA_PUBLIC_URL',
    undefined,
    'Address under which browsers reach Molva; made from host and port where absent.',
    parsePublicUrl,
  ),
  dataDir: setting('MOLVA_DATA_DIR', './data', 'Folder of the embedded database and the generated secrets.', text),
  dataKeys: setting(
    'MOLVA_DATA_KEYS',
    undefined,
    'Keys that seal secrets in the database, as id:base64 of 32 bytes, the one in use first; secrets/data.keys where absent.',
    parseDataKeys,
  ),
  databaseUrl: setting(
    'MOLVA_DATABASE_URL',
    undefined,
    'An external PostgreSQL, 15 or newer, instead of the embedded one.',
    parsePostgresUrl,
  ),
  upgradeCopy: setting(
    'MOLVA_UPGRADE_COPY',
    'true',
    'Whether a copy of the embedded database is kept before a newer version changes it.',
    boolean,
  ),
  nodeName: setting(
    'MOLVA_NODE_NAME',
    undefined,
    'Name of this process among those on one database; host and data folder where absent.',
    text,
  ),
  live: setting('MOLVA_LIVE', 'embedded', 'The live engine: embedded.', live),
  adminEmail: setting(
    'MOLVA_ADMIN_EMAIL',
    'admin@localhost',
    'E-mail of the first administrator; read at the first start alone, on an empty database.',
    email,
  ),
  adminPassword: setting(
    'MOLVA_ADMIN_PASSWORD',
    undefined,
    'Password of the first administrator; read at the first start alone. Generated and printed once where absent.',
    password,
  ),
  demo: setting('MOLVA_DEMO', 'true', 'Whether an empty database gets a demo chat and bot.', boolean),
  allowedOrigins: setting(
    'MOLVA_ALLOWED_ORIGINS',
    undefined,
    'Comma list of origins that may embed the chat and open sockets beside its own: https://shop.example, https://*.shop.example, capacitor://localhost, file://, or * for all.',
    parseOrigins,
  ),
  outgoingAllow: setting(
    'MOLVA_OUTGOING_ALLOW',
    '',
    'Comma list of private hosts or networks that callbacks may reach all the same.',
    parseAllow,
  ),
  trustedProxies: setting(
    'MOLVA_TRUSTED_PROXIES',
    '',
    'Comma list of addresses or networks of proxies whose X-Forwarded-For is believed.',
    parseNetworks,
  ),
  rateLimit: setting('MOLVA_RATE_LIMIT', '6000', 'Calls a minute of one user or API key; 0 for no limit.', parseCount),
  rateLimitOpen: setting(
    'MOLVA_RATE_LIMIT_OPEN',
    '600',
    'Calls a minute without a user from one address; 0 for no limit.',
    parseCount,
  ),
  rateLimitStarts: setting(
    'MOLVA_RATE_LIMIT_STARTS',
    '60',
    'New sessions a minute without a user from one address; 0 for no limit.',
    parseCount,
  ),
  connectionsPerAddress: setting(
    'MOLVA_CONNECTIONS_PER_ADDRESS',
    '4096',
    'Connections, calls and sockets together, of one address that is no trusted proxy; 0 for no limit.',
    parseCount,
  ),
  metricsAddress: setting(
    'MOLVA_METRICS_ADDRESS',
    undefined,
    'Host and port that answer /metrics to whoever reaches them, such as 127.0.0.1:9464.',
    parseHostPort,
  ),
  metricsToken: setting(
    'MOLVA_METRICS_TOKEN',
    undefined,
    'Bearer token for /metrics, 16 characters or more; without an address of its own Molva answers it beside the API.',
    metricsToken,
  ),
  logLevel: setting('MOLVA_LOG_LEVEL', 'info', `How much is logged: ${levels.join(', ')}.`, logLevel),
} as const;

type Settings = typeof settings;
type Value<S> = S extends Setting<infer T> ? T : never;
type Optional =
  | 'publicUrl'
  | 'dataKeys'
  | 'databaseUrl'
  | 'nodeName'
  | 'adminPassword'
  | 'allowedOrigins'
  | 'metricsAddress'
  | 'metricsToken';

/** The configuration of a process. */
export type Config = {
  readonly [K in keyof Settings]: K extends Optional ? Value<Settings[K]> | undefined : Value<Settings[K]>;
};

/** Reads the configuration; throws a StartError that names every wrong variable and what it should be. */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const values = Object.entries(settings).map(([name, { variable, fallback, read }]) => {
    const given = environment[variable];
    const source = given === undefined || given === '' ? fallback : given;
    if (source === undefined) return [name, undefined];
    try {
      return [name, read(source)];
    } catch (error) {
      problems.push(`${variable} ${(error as Error).message}`);
      return [name, undefined];
    }
  });
  const known = new Set(Object.values(settings).map(({ variable }) => variable as string));
  for (const variable of Object.keys(environment)) {
    if (variable.startsWith('MOLVA_') && !variable.startsWith('MOLVA_TEST_') && !known.has(variable)) {
      problems.push(`${variable} is not a setting of Molva`);
    }
  }
  if (problems.length > 0)
    throw new StartError(`Wrong configuration: ${problems.join('; ')}. See \`molva help config\`.`);
  return Object.fromEntries(values) as unknown as Config;
}

/** Columns of a terminal that is taken for a narrow one. */
const COLUMNS = 80;

/** All variables with their defaults and what they do, as text for a terminal. */
export function configHelp(): string {
  const lines = Object.values(settings).flatMap(({ variable, fallback, help }) => {
    const preset = fallback === undefined || fallback === '' ? '' : ` (${fallback})`;
    return [`  ${variable}${preset}`, ...wrapped(help, '      ')];
  });
  return [...wrapped('All settings are environment variables; the default stands in brackets.', ''), '', ...lines].join(
    '\n',
  );
}

/** A text in lines that fit a terminal. */
function wrapped(text: string, indent: string): string[] {
  const lines = [indent];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? indent;
    if (line !== indent && line.length + 1 + word.length > COLUMNS) lines.push(indent + word);
    else lines[lines.length - 1] = line === indent ? indent + word : `${line} ${word}`;
  }
  return lines;
}

function setting<T>(
  variable: string,
  fallback: string | undefined,
  help: string,
  read: (text: string) => T,
): Setting<T> {
  return { variable, fallback, help, read };
}

function text(value: string): string {
  return value;
}

function port(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 65_535) throw new Error('must be a port from 0 to 65535');
  return number;
}

function boolean(value: string): boolean {
  if (!['true', 'false', '1', '0'].includes(value)) throw new Error('must be true or false');
  return value === 'true' || value === '1';
}

function live(value: string): 'embedded' {
  if (value === 'centrifugo') throw new Error('cannot be centrifugo: this build has the embedded engine only');
  if (value !== 'embedded') throw new Error('must be embedded');
  return value;
}

function email(value: string): string {
  if (!/^[^\s@]+@[^\s@]+$/.test(value)) throw new Error('must be an e-mail address');
  return value;
}

function password(value: string): string {
  if (value.length < 8) throw new Error('must have at least 8 characters');
  return value;
}

function metricsToken(value: string): string {
  if (!/^[\x21-\x7e]{16,}$/.test(value)) throw new Error('must have at least 16 characters, without spaces');
  return value;
}

function logLevel(value: string): LogLevel {
  const level = levels.find((candidate) => candidate === value);
  if (level === undefined) throw new Error(`must be one of ${levels.join(', ')}`);
  return level;
}
