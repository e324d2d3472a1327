import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { SessionStarted } from '@molva/contract';
import { startApp, type App, type AppOptions } from '../app.ts';
import { systemClock } from '../platform/clock.ts';
import type { DatabaseConnection } from '../platform/database.ts';
import { systemIds } from '../platform/ids.ts';
import { openLog } from '../platform/log.ts';
import type { Secrets } from '../platform/secrets.ts';
import { migratedDatabase } from './fresh-database.ts';
import { running } from './running.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** What a test application signs with. */
export function testSecrets(sessionKey: Uint8Array): Secrets {
  return { signing: { privateKey, publicKey }, sessionKey, dataKeys: [{ id: 'test', key: new Uint8Array(32) }] };
}

/** The administrator of every test application. */
export const ADMIN = { email: 'admin@test', password: 'correct horse battery' } as const;

/** What opens the figures of a test application. */
export const METRICS_TOKEN = 'figures-for-whoever-tests';

/** An answer of a call: status, headers and parsed body. */
export interface Answered<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** A user who answers in sessions. */
export interface Operator {
  readonly id: number;
  readonly header: Record<string, string>;
}

/** A running application on a database of its own, with what tests do to it all the time. */
export interface TestApp extends AsyncDisposable {
  readonly url: string;
  readonly connection: DatabaseConnection;
  call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answered<T>>;
  /** The header of the administrator. */
  readonly admin: Record<string, string>;
  /** Creates a bot from a scenario's blocks; answers its id. */
  bot(blocks: Record<string, unknown>): Promise<string>;
  /** Creates a user who answers in sessions, and logs it in. */
  operator(firstName: string, roles?: readonly string[]): Promise<Operator>;
  /** Creates a company that depends on the first one; answers its id, its administrator and that one's header. */
  tenant(): Promise<Operator & { readonly companyId: number }>;
  /** Creates a bot and a chat around a scenario's blocks; answers the chat's id. */
  chat(blocks: Record<string, unknown>, settings?: Record<string, unknown>): Promise<string>;
  start(chatId: string, body?: Record<string, unknown>): Promise<SessionStarted>;
  /** Starts a session whose client writes after the bot's first words, and waits for no answer. */
  begun(chatId: string, said: string): Promise<SessionStarted>;
  /** The figures, as Prometheus reads them. */
  metrics(): Promise<string>;
  /** Stops and starts again on the same database. */
  restart(): Promise<void>;
}

let started = 0;

/** Starts an application of its own for a test; on a new database unless one is given. */
export async function startTestApp(options: Partial<AppOptions> = {}): Promise<TestApp> {
  const connection = options.connection ?? (await migratedDatabase());
  const node = { name: `test-${process.pid}-${++started}`, alone: false };
  const begin = (port: number): Promise<App> =>
    startApp({
      connection,
      node,
      secrets: testSecrets(randomBytes(32)),
      clock: systemClock,
      ids: systemIds(() => Date.now()),
      log: openLog('error', false),
      version: '0.0.0',
      host: '127.0.0.1',
      port,
      publicUrl: undefined,
      allowedOrigins: undefined,
      trustedProxies: [],
      limits: { user: 0, open: 0, starts: 0 },
      connectionsPerAddress: 0,
      metrics: { address: undefined, token: METRICS_TOKEN },
      outgoingAllow: ['127.0.0.0/8'],
      visitorOutgoingAllow: ['127.0.0.0/8'],
      admin: ADMIN,
      demo: false,
      ...options,
    });
  let app = await begin(0);
  const { url } = app;
  running.add(url);
  const call: TestApp['call'] = async (method, path, body, headers = {}) => {
    const answer = await fetch(url + (path.startsWith('/api/') ? path : `/api/v1${path}`), {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? undefined : JSON.parse(text),
    } as never;
  };
  const login = await call<{ token: string }>('POST', '/auth/login', ADMIN);
  const admin = { authorization: `Bearer ${login.body.token}` };
  let users = 0;
  const created = async <Id>(path: string, body: unknown): Promise<Id> => {
    const answer = await call<{ id: Id }>('POST', path, body, admin);
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
    return answer.body.id;
  };
  const bot: TestApp['bot'] = (blocks) => {
    const scenario = { version: 1, language: 'en', start: 'start', blocks };
    return created('/bots', { name: 'Bot', scenario });
  };
  const start: TestApp['start'] = async (chatId, body = {}) => {
    const answer = await call<SessionStarted>('POST', `/chats/${chatId}/sessions`, body);
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  };
  return {
    url,
    connection,
    call,
    admin,
    start,
    async begun(chatId, said) {
      const session = await start(chatId, { returnAnswerAsync: true });
      await call('POST', `/sessions/${session.id}/clients/messages`, { body: said });
      return session;
    },
    bot,
    async operator(firstName, roles = ['OPERATOR']) {
      const email = `${firstName.toLowerCase()}-${++users}@test`;
      const id = await created<number>('/users', { email, password: ADMIN.password, roles, firstName });
      const { body } = await call<{ token: string }>('POST', '/auth/login', { email, password: ADMIN.password });
      return { id, header: { authorization: `Bearer ${body.token}` } };
    },
    async tenant() {
      const email = `tenant-${++users}@test`;
      const company = { name: `Tenant ${users}`, admin: { email, password: ADMIN.password } };
      const { body } = await call<{ id: number; adminId: number }>('POST', '/companies', company, admin);
      const login = await call<{ token: string }>('POST', '/auth/login', { email, password: ADMIN.password });
      if (login.status !== 200) throw new Error(JSON.stringify([body, login.body]));
      const { body: pair } = login;
      return { companyId: body.id, id: body.adminId, header: { authorization: `Bearer ${pair.token}` } };
    },
    async chat(blocks, settings = {}) {
      return created<string>('/chats', { name: 'Chat', botId: await bot(blocks), ...settings });
    },
    async metrics() {
      return (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })).text();
    },
    async restart() {
      await app[Symbol.asyncDispose]();
      app = await begin(Number(new URL(url).port));
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      running.delete(url);
    },
  };
}

/** Blocks of a bot that answers every message with one of its own. */
export const echoBlocks = {
  start: { type: 'start', next: 'ask' },
  ask: { type: 'question', text: 'Say something', variable: 'said', default: 'answer' },
  answer: { type: 'message', text: 'You said {said}', next: 'listen' },
  listen: {
    type: 'question',
    text: 'More?',
    variable: 'said',
    branches: [{ exact: ['bye'], next: 'end' }],
    default: 'answer',
  },
  end: { type: 'end', text: 'Bye' },
} as const;
