import type { ListPage } from '@molva/contract';
import { decodeJwt } from 'jose';
import { expect } from 'vitest';
import { ADMIN, type Answered } from '../test-app.ts';
import { essence, expectFailure, expectSuccess } from './answers.ts';
import type { DocumentedCall } from './document.ts';
import { addressOf, make, rightCall, type PathValues } from './right-call.ts';
import type { Crew } from './tenant.ts';
import { unknownIds } from './unknown-id.ts';
import type { Shape } from './wrong-values.ts';

/** Ids in queries and bodies, by what they name. */
const named: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['botId', 'chatId', 'clientId', 'companyId', 'dialogId', 'factId', 'operatorId', 'sessionId', 'userId'].map(
      (name) => [name, name],
    ),
  ),
  ...Object.fromEntries(
    ['sessionReloadBotId', 'botEndedBotId', 'operatorEndedBotId', 'clientTimeoutBotId', 'operatorNotFoundBotId'].map(
      (name) => [name, 'botId'],
    ),
  ),
  operatorIds: 'operatorId',
  replyToMessageId: 'messageId',
};

type Value = string | number;

interface Change {
  readonly params?: PathValues;
  readonly query?: string;
  readonly body?: unknown;
}

/**
 * What another company owns answers exactly as what does not exist: for the ids of paths, queries and bodies, one at a
 * time. Lists and calls without ids know nothing of the other company, and change nothing in it.
 */
export async function otherTenant(call: DocumentedCall, home: Crew, stranger: Crew): Promise<void> {
  if (call.operation.access === 'credentials') return provedByInput(call, home, stranger);
  const attempts = await foreignAttempts(call, home, stranger);
  const before = await known(call, home);
  await attempts();
  expect(await known(call, home)).toEqual(before);
}

/**
 * Makes what attempts of a stranger are about; answers what makes them. Whoever runs it looks himself whether the other
 * company stayed as it was.
 * @param open properties of a body that may name what is another company's
 */
export async function foreignAttempts(
  call: DocumentedCall,
  home: Crew,
  stranger: Crew,
  open: readonly string[] = [],
): Promise<() => Promise<void>> {
  const { operation } = call;
  const { app, admin } = stranger.tenant;
  const right = await rightCall(call, stranger);
  // Who changes the password ends its tokens: that is somebody else than the administrator.
  const as = operation.id === 'changePassword' ? right.as : admin;
  const attempt = (change: Change = {}): Promise<Answered<unknown>> => {
    const address = addressOf(call, { ...right.params, ...change.params }) + (change.query ?? '');
    return app.call(operation.method, address, change.body ?? right.body, { ...as });
  };
  const changes = [...(await changesOfParameters(call, home)), ...(await changesOfBody(call, right.body, home, open))];
  return async () => {
    for (const [theirs, unknown] of changes) {
      const answer = await attempt(theirs);
      if (theirs.params === undefined) expect(shown(answer)).toEqual(shown(await attempt(unknown)));
      else if (operation.access === 'open') expectSuccess(operation, answer);
      else {
        expectFailure(answer, 'entity-not-found');
        expect(shown(answer)).toEqual(shown(await attempt(unknown)));
      }
    }
    if (Object.keys(right.params).length === 0) await ownAlone(call, home, stranger, await attempt());
  };
}

/** A call that names what the other company owns, beside one that names what nobody does. */
type Pair = readonly [theirs: Change, unknown: Change];

async function changesOfParameters(call: DocumentedCall, home: Crew): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const { name, in: place, schema } of call.parameters) {
    const what = place === 'path' ? name : named[name];
    if (what === undefined || name === 'newName') continue;
    const { items = schema } = schema as Shape;
    const changed = (id: string | number): Change =>
      place === 'query' ? { query: `?${name}=${id}` } : { params: { [name]: id } };
    for (const [theirs, unknown] of await idPairs(what, items, home)) pairs.push([changed(theirs), changed(unknown)]);
  }
  return pairs;
}

async function changesOfBody(
  call: DocumentedCall,
  right: unknown,
  home: Crew,
  open: readonly string[],
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const [name, schema] of Object.entries((call.body as Shape | undefined)?.properties ?? {})) {
    const what = named[name];
    if (what === undefined || open.includes(name)) continue;
    const { items } = schema as Shape;
    const changed = (id: string | number): Change => ({
      body: { ...(right as object), [name]: items === undefined ? id : [id] },
    });
    for (const [theirs, unknown] of await idPairs(what, items ?? schema, home)) {
      pairs.push([changed(theirs), changed(unknown)]);
    }
  }
  if (call.operation.id === 'setClientAttributes') {
    const [theirs, unknown] = [await make('attributeId', home), crypto.randomUUID()];
    pairs.push([{ body: { [theirs]: 'Riga' } }, { body: { [unknown]: 'Riga' } }]);
  }
  return pairs;
}

/** Ids of the other company, each beside one that nothing is known by. */
async function idPairs(what: string, schema: unknown, home: Crew): Promise<[theirs: Value, unknown: Value][]> {
  const pairs: [Value, Value][] = [[await make(what, home), unknownIds(schema)[0] as Value]];
  // Where a session is passed on, a bot is an operator as well.
  if (what === 'operatorId' && (schema as Shape).pattern !== undefined) {
    pairs.push([await make('botId', home), crypto.randomUUID()]);
  }
  return pairs;
}

/** What an answer shows: of a failure all but what is new each time, of a list everything. Which id it was is no matter. */
function shown(answer: Answered<unknown>): unknown {
  const { items, count } = (answer.body ?? {}) as Partial<ListPage<unknown>>;
  const text = JSON.stringify({ ...(essence(answer) as object), items, count });
  return JSON.parse(text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id'));
}

/** What a company knows that a call without ids could touch: who it is, its settings, and the list under the path. */
async function known({ path }: DocumentedCall, { tenant }: Crew): Promise<unknown> {
  const ofMe = await tenant.do('GET', '/users/me');
  const settings = await tenant.do('GET', '/users/me/settings');
  const { status, body } = await tenant.app.call<{ count?: number }>('GET', path, undefined, { ...tenant.admin });
  return { ofMe, settings, count: status === 200 ? body.count : undefined };
}

/** A call without ids tells of the caller's company alone. */
async function ownAlone(call: DocumentedCall, home: Crew, { tenant }: Crew, answer: Answered<unknown>): Promise<void> {
  const { operation } = call;
  // A company that depends on another has none itself.
  if (operation.id === 'createCompany') return expectFailure(answer, 'permission-denied');
  expectSuccess(operation, answer);
  const { items, companyId = tenant.companyId } = (answer.body ?? {}) as { items?: unknown[]; companyId?: number };
  expect(companyId).toBe(tenant.companyId);
  if (items === undefined) return;
  const read = async (crew: Crew): Promise<ListPage<object>> =>
    crew.tenant.do('GET', `${call.path}?limit=1000`, undefined, crew.tenant.admin);
  const [own, theirs] = [await read({ ...home, tenant }), await read(home)];
  expect([own.items.length, theirs.items.length]).toEqual([own.count, theirs.count]);
  expect(theirs.count).toBeGreaterThan(0);
  const idsOf = ({ items: listed }: ListPage<object>): unknown[] => listed.map((item) => (item as { id: unknown }).id);
  expect(idsOf(own).filter((id) => idsOf(theirs).includes(id))).toEqual([]);
}

/** Where the input is the proof, whose it is decides; a token of another company beside it changes nothing. */
async function provedByInput(call: DocumentedCall, home: Crew, { tenant: other }: Crew): Promise<void> {
  const { operation } = call;
  const right = await rightCall(call, home);
  const address = addressOf(call, right.params);
  const attempt = (body: unknown) =>
    other.app.call<{ token?: string }>(operation.method, address, body, { ...other.admin });
  if (operation.id === 'login') {
    const { email } = home.operator;
    const into = (companyId: number) => attempt({ email, password: ADMIN.password, companyId });
    expectFailure(await into(other.companyId), 'wrong-credentials');
    expect(essence(await into(other.companyId))).toEqual(essence(await into(2_000_000_000)));
  }
  if (operation.id === 'answerForBot') {
    const toGroup = async (groupId: Value) => {
      const path = addressOf(call, { replyToken: await make('replyToken', home) });
      return other.app.call(operation.method, path, { handOver: { groupId } });
    };
    const theirs = await make('groupId', { ...home, tenant: other });
    expect(essence(await toGroup(theirs))).toEqual(essence(await toGroup(crypto.randomUUID())));
  }
  const answer = await attempt(right.body);
  expectSuccess(operation, answer);
  const { token } = answer.body ?? {};
  if (token !== undefined) expect(decodeJwt(token)['company_id']).toBe(home.tenant.companyId);
}
