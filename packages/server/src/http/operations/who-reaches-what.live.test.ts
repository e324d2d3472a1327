import { rpcSchemas, type RpcName } from '@molva/contract';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../platform/database.ts';
import { HaltingClock } from '../../testing/halting-clock.ts';
import { documentedCalls, type DocumentedCall } from '../../testing/operations/document.ts';
import { foreignAttempts } from '../../testing/operations/other-tenant.ts';
import { make, preparedCall } from '../../testing/operations/right-call.ts';
import { createCast, type Cast } from '../../testing/reach/cast.ts';
import { answerOf, commandData, connectVisitor, offersOf, refusedCommands } from '../../testing/reach/commands.ts';
import { signedIdentity, startIn } from '../../testing/reach/guarded.ts';
import { kinds, putsIntoDependents, reachOf, unknownCalls } from '../../testing/reach/kinds.ts';
import { wrongProofs } from '../../testing/reach/proofs.ts';
import { refusalsOf } from '../../testing/reach/refusals.ts';
import { servedBy } from '../../testing/reach/served.ts';
import { claimedStarts, isStart } from '../../testing/reach/starts.ts';
import { storedReader, written, type ReadStored, type Stored } from '../../testing/reach/stored.ts';
import { testSecrets, startTestApp } from '../../testing/test-app.ts';

const signing = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const clock = new HaltingClock();
// The rows come from the running server, so that it starts before the tests are collected.
const app = await startTestApp({
  clock,
  secrets: { ...testSecrets(randomBytes(32)), signing },
});
const calls = await documentedCalls(app.url);
const ids = new Set(calls.map(({ operation }) => operation.id));

const database = openDatabase(app.connection, 2, () => undefined);
let cast: Cast;
let read: ReadStored;
beforeAll(async () => {
  cast = await createCast(app, signing.privateKey);
  // Every list has something in it, and all that is called about is there before anybody is refused.
  const listed = ['attributeId', 'dialogId', 'factId', 'groupId', 'messageId', 'tagId'];
  const crews = [cast.home, cast.stranger, cast.reseller];
  await Promise.all(crews.flatMap((crew) => listed.map((name) => make(name, crew))));
  await Promise.all(calls.map((call) => preparedCall(call, cast.home)));
  read = await storedReader(database);
});
afterAll(async () => {
  await cast[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

it('of every call it is known who reaches what', () => {
  expect(unknownCalls(ids)).toEqual([]);
  for (const { operation } of calls) {
    for (const kind of kinds) expect([operation.id, kind, reachOf(kind, operation)]).not.toContain(undefined);
  }
});

/**
 * Holds the clock for the tests of a block, so that nothing comes due, and looks whether they wrote anything: once, as
 * they run beside each other. What was under way has ended before.
 */
function writesNothing(companyId: () => number | undefined): void {
  let halted: Disposable;
  let before: Stored;
  beforeAll(async () => {
    halted = clock.halt();
    before = await read(companyId());
    await vi.waitFor(async () => expect(written(before, (before = await read(companyId())))).toEqual([]), {
      timeout: 20_000,
      interval: 200,
    });
  });
  afterAll(async () => {
    const after = await read(companyId());
    halted[Symbol.dispose]();
    expect(written(before, after), 'somebody wrote').toEqual([]);
  });
}

describe('what a caller may not reach looks as if it were not there, and nothing is written', () => {
  writesNothing(() => undefined);

  it.concurrent.each(calls)('$id', async (call) => {
    expect(await refusalsOf(call, cast)).toEqual([]);
  });

  it.concurrent('every command of a live connection', async () => {
    const faults = offersOf(cast).map((offer) => refusedCommands(cast, offer));
    expect((await Promise.all(faults)).flat()).toEqual([]);
  });

  it.concurrent.each(calls.filter(({ operation }) => operation.access === 'credentials'))(
    '$id with a wrong proof',
    async (call) => {
      expect(await wrongProofs(call, cast)).toEqual([]);
    },
  );
});

describe('a start opens nothing of somebody else', () => {
  it.concurrent.each(calls.filter(isStart))('$id', async (call) => {
    expect(await claimedStarts(call, cast, database)).toEqual([]);
  });
});

/** Calls by which a reseller reaches nothing of the companies that depend on it. */
const hiddenFromReseller = ({ operation }: DocumentedCall): boolean =>
  operation.access !== 'credentials' && operation.access !== 'open' && reachOf('reseller', operation) === 'elsewhere';

describe('a reseller reaches by its own calls nothing of the companies that depend on it', () => {
  const hidden = calls.filter(hiddenFromReseller);
  const attempts = new Map<DocumentedCall, () => Promise<void>>();
  beforeAll(async () => {
    const made = hidden.map(async (call) => {
      const open = putsIntoDependents.has(call.operation.id) ? ['companyId'] : [];
      attempts.set(call, await foreignAttempts(call, cast.home, cast.reseller, open));
    });
    await Promise.all(made);
  });
  writesNothing(() => cast.home.tenant.companyId);

  // A list is read whole, and nobody may add to it meanwhile.
  const reads = ({ operation }: DocumentedCall): boolean => operation.method === 'GET';
  it.each(hidden.filter(reads))('$id', async (call) => attempts.get(call)?.());
  it.concurrent.each(hidden.filter((call) => !reads(call)))('$id', async (call) => attempts.get(call)?.());
});

describe('whoever is said to reach something does', () => {
  it.concurrent.each(calls)('$id', async (call) => {
    expect(await servedBy(call, cast)).toEqual([]);
  });

  it.concurrent.each(Object.keys(rpcSchemas) as RpcName[])('%s', async (method) => {
    const { chatId } = cast.guarded;
    const identityToken = await signedIdentity(crypto.randomUUID());
    const { id, sessionToken = '', messages } = await startIn(cast.home.tenant, chatId, identityToken);
    const data = commandData(method, { id, messageId: messages[0]?.id ?? '' });
    const joins = method === 'joinSession' ? [{ shown: { tokens: { [id]: '' } }, more: { sessionToken } }] : [];
    const ways = [
      { shown: { tokens: { [id]: sessionToken } }, more: {} },
      { shown: { tokens: { [id]: '' }, identityToken }, more: {} },
      ...joins,
    ];
    for (const { shown, more } of ways) {
      using visitor = await connectVisitor(app.url, shown);
      expect(await answerOf(visitor, method, { ...data, ...more })).not.toHaveProperty('code');
    }
  });
});
