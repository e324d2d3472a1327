import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type pg from 'pg';
import { startNode, stop, unlimited } from './process.ts';

const main = fileURLToPath(new URL('../../packages/server/dist/main.js', import.meta.url));

/** A bot that answers each message with one of its own: two messages and two events a commit. */
const scenario = {
  version: 1,
  language: 'en',
  start: 'start',
  blocks: {
    start: { type: 'start', next: 'echo' },
    echo: { type: 'question', text: 'You said {said}', variable: 'said', default: 'echo' },
  },
};

/** A Molva process with its database, and its first administrator. */
export interface BenchedMolva extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Where its database can be reached past it. */
  readonly database: pg.ClientConfig;
  readonly token: string;
  /** Resolves with the exit code when the process ends; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Makes a bot that echoes and a chat with it; answers the chat's id. */
  echoChat(): Promise<string>;
  /** Makes a chat whose bot is asked at an address; answers the chat's id. */
  webhookChat(url: string): Promise<string>;
  /** Makes a chat around a scenario's blocks; answers the chat's id. */
  scenarioChat(blocks: Record<string, unknown>): Promise<string>;
}

/** How a Molva that is measured differs from the usual. */
export interface MolvaOptions {
  /** Of Node itself. */
  readonly nodeOptions?: readonly string[];
  /** Limits of one caller, as environment; none unless given. */
  readonly limits?: Record<string, string>;
  /** Other settings, as environment. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The program, where it is another build's. */
  readonly program?: string;
}

/** Starts Molva on a data folder. */
export async function startMolva(
  dataFolder: string,
  { nodeOptions = [], limits = unlimited, settings = {}, program = main }: MolvaOptions = {},
): Promise<BenchedMolva> {
  const environment = {
    ...limits,
    MOLVA_DATA_DIR: dataFolder,
    MOLVA_PORT: '0',
    MOLVA_LOG_LEVEL: 'warn',
    MOLVA_ADMIN_PASSWORD: 'benchmark',
    MOLVA_OUTGOING_ALLOW: '127.0.0.1',
    ...settings,
  };
  const { child, match } = await startNode(
    [...nodeOptions, program],
    environment,
    /Chat and wire\s+http:\/\/127\.0\.0\.1:(\d+)/,
  );
  const port = Number(match[1]);
  const post = async (path: string, body: unknown, token: string): Promise<Record<string, string>> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as Record<string, string>;
  };
  const chatWith = async (bot: unknown): Promise<string> => {
    const { id: botId, ...refusal } = await post('/bots', bot, token);
    if (botId === undefined) throw new Error(JSON.stringify(refusal));
    const { id = '' } = await post('/chats', { name: 'Bench', botId }, token);
    return id;
  };
  const login = { email: 'admin@localhost', password: 'benchmark', ttl: 86_400 };
  const known = Promise.all([post('/auth/login', login, ''), databaseOf(dataFolder, settings['MOLVA_DATABASE_URL'])]);
  const [{ token = '' }, database] = await known.catch(async (error: unknown) => {
    await stop(child);
    throw error;
  });
  return {
    port,
    pid: child.pid ?? 0,
    database,
    token,
    ended: new Promise((resolve) => child.once('exit', resolve)),
    echoChat: () => chatWith({ name: 'Echo', scenario }),
    webhookChat: (url) => chatWith({ name: 'Webhook', webhook: { url, secret: 'a secret of the benches' } }),
    scenarioChat: (blocks) =>
      chatWith({ name: 'Scenario', scenario: { version: 1, language: 'en', start: 'start', blocks } }),
    [Symbol.asyncDispose]: () => stop(child),
  };
}

async function databaseOf(dataFolder: string, url: string | undefined): Promise<pg.ClientConfig> {
  if (url !== undefined) return { connectionString: url };
  const file = join(dataFolder, 'secrets', 'database.password');
  // Earlier builds had none.
  const password = existsSync(file) ? { password: await readFile(file, 'utf8') } : {};
  return { host: join(dataFolder, 'socket'), user: 'molva', database: 'molva', ...password };
}
