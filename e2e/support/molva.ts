import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../packages/server/src/testing/free-port.ts';

const main = fileURLToPath(new URL('../../packages/server/dist/main.js', import.meta.url));

/** How the embedded database of a running Molva is reached past it. */
export function embeddedDatabase(folder: string) {
  const data = join(folder, 'data');
  const password = readFileSync(join(data, 'secrets', 'database.password'), 'utf8');
  return { host: join(data, 'socket'), user: 'molva', password, database: 'molva' };
}

/** Molva as a process of its own, on a data folder of its own. */
export class MolvaProcess implements AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  /** Everything the process printed, over all its lives. */
  output = '';
  #child: ChildProcess | undefined;
  readonly #environment: Record<string, string>;

  readonly #within: readonly string[];

  private constructor(folder: string, port: number, environment: Record<string, string>, within: readonly string[]) {
    this.folder = folder;
    this.#within = within;
    this.url = `http://127.0.0.1:${port}`;
    this.#environment = {
      MOLVA_DATA_DIR: join(folder, 'data'),
      MOLVA_PORT: String(port),
      MOLVA_LOG_LEVEL: 'warn',
      // Tests call from one address as a whole town does.
      MOLVA_RATE_LIMIT: '0',
      MOLVA_RATE_LIMIT_OPEN: '0',
      MOLVA_RATE_LIMIT_STARTS: '0',
      ...environment,
    };
  }

  /**
   * Starts one with the given settings over its own.
   * @param within the words of a program that runs it
   */
  static async start(environment: Record<string, string> = {}, within: readonly string[] = []): Promise<MolvaProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'molva-e2e-'));
    const molva = new MolvaProcess(folder, await freePort(), environment, within);
    // Started as root, the database runs as somebody else, who must be able to pass through.
    await chmod(folder, 0o711);
    try {
      await molva.run();
    } catch (error) {
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      throw error;
    }
    return molva;
  }

  /** Starts the process and waits until it says that it runs; rejects with its words where it ends instead. */
  async run(): Promise<void> {
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    const words = [...this.#within, process.execPath, main];
    const child = spawn(words[0] ?? '', words.slice(1), {
      env: { ...inherited, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const from = this.output.length;
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        this.output += chunk.toString();
        if (this.output.slice(from).includes('Molva is running')) resolve();
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      child.once('close', (code) => reject(new Error(`exit ${code}: ${this.output.slice(from)}`)));
    });
  }

  /** Ends the process with a signal; answers its exit code, null where the signal killed it. */
  async signal(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return child?.exitCode ?? null;
    const ended = this.ended();
    child.kill(signal);
    return ended;
  }

  /** Resolves with the exit code when the process ends by itself. */
  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return child?.exitCode ?? null;
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }

  /** The demo chat of a language. */
  async demoChat(language: string): Promise<string> {
    const { chats } = (await (await fetch(`${this.url}/demo.json`)).json()) as {
      chats: { language: string; chatId: string }[];
    };
    const chat = chats.find((candidate) => candidate.language === language);
    if (chat === undefined) throw new Error(`no demo chat in ${language}`);
    return chat.chatId;
  }

  /** The administrator's password, as it was printed. */
  get password(): string {
    return /Password\s+(\S+)/.exec(this.output)?.[1] ?? '';
  }

  /** Logs in as the administrator; answers the headers of its calls. */
  async admin(): Promise<Record<string, string>> {
    const body = JSON.stringify({ email: 'admin@localhost', password: this.password });
    const answer = await fetch(`${this.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const { token } = (await answer.json()) as { token: string };
    return { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  }

  /** Makes something by a call with these headers; throws what is said where it is not made. */
  async make<T>(path: string, body: unknown, headers: Record<string, string>): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status !== 201) throw new Error(await answer.text());
    return (await answer.json()) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.signal('SIGTERM');
    await rm(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Resolves with the instant at which Molva says that it is ready; rejects after half a minute. */
export async function untilReady(url: string): Promise<number> {
  let last: unknown;
  for (let attempt = 0; attempt < 600; attempt++) {
    try {
      const { status } = await fetch(`${url}/health/ready`);
      if (status === 200) return Date.now();
      last = status;
    } catch (error) {
      last = error;
    }
    await sleep(50);
  }
  throw new Error('Molva does not become ready', { cause: last });
}
