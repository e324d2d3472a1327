import type { SessionStarted } from '@molva/contract';
import { expect, vi } from 'vitest';
import { json, startReceiver, type Receiver } from '../receiver.ts';
import { ADMIN, echoBlocks, type TestApp } from '../test-app.ts';

/** Headers that say who calls. */
export type Identity = Readonly<Record<string, string>>;

/** Somebody with a password. */
export interface Person {
  readonly id: number;
  readonly email: string;
  readonly header: Identity;
  readonly refreshToken: string;
}

/** Nobody. */
export const nobody: Identity = {};

/** A tenant with one of each who call in it. */
export interface Crew extends AsyncDisposable {
  readonly tenant: Tenant;
  readonly operator: Person;
  /** An API key with the role of a back end alone. */
  readonly backEnd: Identity;
}

/** A company with its administrator. */
type Company = Awaited<ReturnType<TestApp['tenant']>>;

let made = 0;

/** One of each who call in a company; in a new one that depends on the first, where none is given. */
export async function createCrew(app: TestApp, company?: Company): Promise<Crew> {
  const bot = await startReceiver((call, response) => {
    if (call.path === '/later') response.writeHead(202).end();
    else json(response, { messages: [{ body: 'Hello' }] });
  });
  const tenant = new Tenant(app, company ?? (await app.tenant()), bot);
  const operator = await tenant.person('OPERATOR');
  const { header: backEnd } = await tenant.apiKey('API');
  return { tenant, operator, backEnd, [Symbol.asyncDispose]: () => bot[Symbol.asyncDispose]() };
}

/** Makes what operations are about, anew each time: what a test destroys nobody else misses. */
export class Tenant {
  readonly app: TestApp;
  readonly companyId: number;
  readonly admin: Identity;
  readonly adminId: number;
  readonly #elsewhere: Receiver;
  /** What most things need and none changes. */
  #usualBot: Promise<string> | undefined;
  #usualChat: Promise<string> | undefined;

  constructor(app: TestApp, company: Company, elsewhere: Receiver) {
    this.app = app;
    this.companyId = company.companyId;
    this.admin = company.header;
    this.adminId = company.id;
    this.#elsewhere = elsewhere;
  }

  /** Calls as the administrator, and answers the body; whatever fails is a fault of the test. */
  async do<T>(method: string, path: string, body?: unknown, as: Identity = this.admin): Promise<T> {
    const answer = await this.app.call<T>(method, path, body, { ...as });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** A new user, logged in. */
  async person(...roles: string[]): Promise<Person> {
    const email = `person-${++made}@test`;
    const { password } = ADMIN;
    const { id } = await this.do<{ id: number }>('POST', '/users', { email, password, roles, firstName: 'Olga' });
    return { id, ...(await this.login(email)) };
  }

  /** A login of a user. */
  async login(email: string): Promise<Omit<Person, 'id'>> {
    const body = { email, password: ADMIN.password };
    const pair = await this.do<{ token: string; refreshToken: string }>('POST', '/auth/login', body, nobody);
    return { email, refreshToken: pair.refreshToken, header: { authorization: `Bearer ${pair.token}` } };
  }

  /** A new API key of the administrator. */
  async apiKey(...roles: string[]): Promise<{ id: string; header: Identity }> {
    const { id, key } = await this.do<{ id: string; key: string }>('POST', '/apikeys', { name: 'Shop', roles });
    return { id, header: { authorization: `Bearer ${key}` } };
  }

  /** A new bot that repeats what it is told. */
  async bot(): Promise<string> {
    const scenario = { version: 1, language: 'en', start: 'start', blocks: echoBlocks };
    return (await this.do<{ id: string }>('POST', '/bots', { name: 'Echo', scenario })).id;
  }

  /** A new chat; nothing need be proved in it unless its settings say so. */
  async chat(settings: Record<string, unknown> = {}): Promise<string> {
    const botId = settings['botId'] ?? (await (this.#usualBot ??= this.bot()));
    return (await this.do<{ id: string }>('POST', '/chats', { name: 'Shop', botId, ...settings })).id;
  }

  /** A new session with a message of its client. */
  async session(): Promise<SessionStarted> {
    const chatId = await (this.#usualChat ??= this.chat());
    return this.do('POST', `/chats/${chatId}/sessions`, { messageBody: 'Where is my order?' }, nobody);
  }

  /** A message that somebody with that identity says in a new session. */
  async said(as: Identity): Promise<string> {
    const { id } = await this.session();
    const path = `/sessions/${id}/operators/messages`;
    return (await this.do<{ id: string }>('POST', path, { body: 'Good afternoon' }, as)).id;
  }

  /** The token of a question that a bot elsewhere has promised to answer. */
  async replyToken(): Promise<string> {
    const asked = this.#elsewhere.received.length;
    const webhook = { url: `${this.#elsewhere.url}/later`, secret: 'a secret of sixteen and more' };
    const { id: botId } = await this.do<{ id: string }>('POST', '/bots', { name: 'Hook', webhook });
    const path = `/chats/${await this.chat({ botId })}/sessions`;
    const { id } = await this.do<{ id: string }>('POST', path, { returnAnswerAsync: true }, nobody);
    await this.do('POST', `/sessions/${id}/clients/messages`, { body: 'hello' }, nobody);
    await vi.waitFor(() => expect(this.#elsewhere.received.length).toBeGreaterThan(asked), { timeout: 30_000 });
    const { reply } = (this.#elsewhere.received.at(-1)?.body ?? {}) as { reply?: { url: string } };
    return reply?.url.split('/').at(-1) ?? '';
  }

  /** A new dialog with a new bot. */
  async dialog(): Promise<string> {
    const body = { botId: await this.bot(), ttl: 3600, message: 'Hello' };
    return (await this.do<{ dialogId: string }>('POST', '/dialogs', body)).dialogId;
  }

  /** A new fact of a new bot. */
  async fact(): Promise<string> {
    const body = { botId: await this.bot(), clientId: crypto.randomUUID(), context: 'orders', name: 'last', value: 7 };
    return (await this.do<{ id: string }>('PUT', '/facts', body)).id;
  }

  /** Something new that has nothing but a name: a tag, an attribute or a group. */
  async named(path: '/tags' | '/clients/attributes' | '/groups'): Promise<string> {
    return (await this.do<{ id: string }>('POST', path, { name: `Name ${++made}` })).id;
  }
}
