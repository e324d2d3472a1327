import { ADMIN } from '../test-app.ts';
import type { DocumentedCall } from './document.ts';
import { nobody, type Crew, type Identity } from './tenant.ts';

/** Values of path parameters. */
export type PathValues = Readonly<Record<string, string | number>>;

/** What a call needs to succeed. */
export interface RightCall {
  readonly params: PathValues;
  readonly body: unknown;
  readonly as: Identity;
}

type Value = string | number;
type Make = (crew: Crew) => Promise<Value>;

/** Makes what a parameter of a path, or an id in an example, names. */
const makers: Readonly<Record<string, Make>> = {
  apiKeyId: async ({ tenant }) => (await tenant.apiKey('API')).id,
  attributeId: ({ tenant }) => tenant.named('/clients/attributes'),
  botId: ({ tenant }) => tenant.bot(),
  chatId: ({ tenant }) => tenant.chat(),
  clientId: async ({ tenant }) => (await tenant.session()).clientId,
  companyId: async ({ tenant }) => tenant.companyId,
  dialogId: ({ tenant }) => tenant.dialog(),
  factId: ({ tenant }) => tenant.fact(),
  groupId: ({ tenant }) => tenant.named('/groups'),
  messageId: ({ tenant, operator }) => tenant.said(operator.header),
  newName: async () => 'Order 4711/2026',
  operatorId: async ({ operator }) => operator.id,
  replyToken: ({ tenant }) => tenant.replyToken(),
  sessionId: async ({ tenant }) => (await tenant.session()).id,
  tagId: ({ tenant }) => tenant.named('/tags'),
  userId: async ({ tenant }) => (await tenant.person('OPERATOR')).id,
};

/** Makes what the parameter of a path names. */
export function make(name: string, crew: Crew): Promise<Value> {
  const maker = makers[name];
  if (maker === undefined) throw new Error(`nothing makes ${name}`);
  return maker(crew);
}

let emails = 0;

/** Operations that need more than their example with ids that exist. */
const special: Readonly<Record<string, (crew: Crew) => Promise<Partial<RightCall>>>> = {
  answerForBot: async ({ tenant }) => ({ params: { replyToken: await tenant.replyToken() } }),
  changePassword: async ({ tenant }) => {
    const body = { currentPassword: ADMIN.password, newPassword: 'a better one' };
    return { as: (await tenant.person('OPERATOR')).header, body };
  },
  // Companies that depend on another have none themselves.
  createCompany: async ({ tenant }) => ({
    as: tenant.app.admin,
    body: { name: 'Branch office', admin: { email: `branch-${++emails}@test`, password: ADMIN.password } },
  }),
  createUser: async () => ({
    body: { email: `olga-${++emails}@test`, password: ADMIN.password, roles: ['OPERATOR'], firstName: 'Olga' },
  }),
  // Settings of others are for administrators.
  getUserSettings: async ({ tenant }) => ({ as: tenant.admin }),
  login: async ({ operator }) => ({ body: { email: operator.email, password: ADMIN.password, ttl: 3600 } }),
  logout: async ({ tenant, operator }) => ({
    body: { refreshToken: (await tenant.login(operator.email)).refreshToken },
  }),
  // The client reads what others said.
  readMessage: async ({ tenant }) => ({ params: { messageId: (await tenant.session()).messages[0]?.id ?? '' } }),
  recoverBot: async ({ tenant }) => {
    const botId = await tenant.bot();
    await tenant.do('DELETE', `/bots/${botId}`);
    return { params: { botId } };
  },
  refresh: async ({ tenant, operator }) => ({
    body: { refreshToken: (await tenant.login(operator.email)).refreshToken, ttl: 3600 },
  }),
  removeOperator: async ({ tenant, operator }) => {
    const { id: sessionId } = await tenant.session();
    await tenant.do('PUT', `/sessions/${sessionId}/operators/${operator.id}`);
    return { params: { sessionId, operatorId: operator.id } };
  },
  setClientAttributes: async (crew) => ({ body: { [await make('attributeId', crew)]: 'Riga' } }),
};

/**
 * A call that succeeds, by whoever may do the least of those who may make it. What it is about is new: nothing else
 * needs it.
 */
export async function rightCall(call: DocumentedCall, crew: Crew): Promise<RightCall> {
  const given = (await special[call.operation.id]?.(crew)) ?? {};
  const params: Record<string, Value> = {};
  for (const { name, in: place } of call.parameters) {
    if (place === 'path') params[name] = given.params?.[name] ?? (await make(name, crew));
  }
  return {
    params,
    body: given.body ?? (await withIds(call.example, crew)),
    as: given.as ?? leastIdentity(call, crew),
  };
}

const prepared = new WeakMap<Crew, Map<string, Promise<RightCall>>>();

/** The same call each time, for tests that change nothing of what it is about. */
export function preparedCall(call: DocumentedCall, crew: Crew): Promise<RightCall> {
  const known = prepared.get(crew) ?? new Map<string, Promise<RightCall>>();
  prepared.set(crew, known);
  const right = known.get(call.id) ?? rightCall(call, crew);
  known.set(call.id, right);
  return right;
}

/** Whoever may do the least of those who may make the call. */
export function leastIdentity({ operation }: DocumentedCall, { tenant, operator }: Crew): Identity {
  if (operation.access === 'admin') return tenant.admin;
  return operation.access === 'user' ? operator.header : nobody;
}

/** An example with ids that exist in place of its own. */
async function withIds(example: unknown, crew: Crew): Promise<unknown> {
  if (Array.isArray(example)) return Promise.all(example.map((one) => withIds(one, crew)));
  if (typeof example !== 'object' || example === null) return example;
  const parts = Object.entries(example).map(
    async ([name, value]) =>
      [name, makers[name] === undefined ? await withIds(value, crew) : await makers[name](crew)] as const,
  );
  return Object.fromEntries(await Promise.all(parts));
}

/** The address of a call below the API's base. */
export function addressOf({ path }: Pick<DocumentedCall, 'path'>, params: PathValues): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
}
