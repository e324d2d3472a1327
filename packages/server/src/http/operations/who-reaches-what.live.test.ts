import { rpcSchemas, type RpcName } from '@molva/contract';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../platform/database.ts';
import { HaltingClock } from '../../testing/halting-clock.ts';
import { documentedCalls, type DocumentedCall } from '../../testing/operations/document.ts';
import { otherTenant } from '../../testing/operations/other-tenant.ts';
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
  for (const crew of [cast.home, cast.stranger, cast.reseller]) {
    for (const name of ['attributeId', 'dialogId', 'factId', 'groupId', 'messageId', 'tagId']) await make(name, crew);
  }
  for (const call of calls) await preparedCall(call, cast.home);
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

describe('what a caller may not reach looks as if it were not there, and nothing is written', () => {
  // Nothing comes due while it is looked whether something was written, and what is under way has ended.
  let halted: Disposable;
  let before: Stored;
  beforeAll(async () => {
    halted = clock.halt();
    before = await read();
    await vi.waitFor(async () => expect(written(before, (before = await read()))).toEqual([]), {
      timeout: 20_000,
      interval: 200,
    });
  });
  afterAll(() => halted[Symbol.dispose]());

  const nothingWritten = async (): Promise<void> => {
    const changed = written(before, (before = await read()));
    expect(changed, 'somebody wrote').toEqual([]);
  };

  it.each(calls)('$id', async (call) => {
    expect.soft(await refusalsOf(call, cast)).toEqual([]);
    await nothingWritten();
  });

  it('every command of a live connection', async () => {
    const faults = Object.entries(offersOf(cast)).map(([who, token]) => refusedCommands(cast, who, token));
    expect.soft((await Promise.all(faults)).flat()).toEqual([]);
    await nothingWritten();
  });

  it.each(calls.filter(({ operation }) => operation.access === 'credentials'))(
    '$id with a wrong proof',
    async (call) => {
      expect(await wrongProofs(call, cast)).toEqual([]);
    },
  );
});

describe('a start opens nothing of somebody else', () => {
  it.each(calls.filter(isStart))('$id', async (call) => {
    expect(await claimedStarts(call, cast, database)).toEqual([]);
  });
});

/** Calls by which a reseller reaches nothing of the companies that depend on it. */
const hiddenFromReseller = ({ operation }: DocumentedCall): boolean =>
  operation.access !== 'credentials' && operation.access !== 'open' && reachOf('reseller', operation) === 'elsewhere';

describe('a reseller reaches by its own calls nothing of the companies that depend on it', () => {
  it.each(calls.filter(hiddenFromReseller))('$id', async (call) => {
    await otherTenant(call, cast.home, cast.reseller, {
      read: () => read(cast.home.tenant.companyId),
      open: putsIntoDependents.has(call.operation.id) ? ['companyId'] : [],
    });
  });
});

describe('whoever is said to reach something does', () => {
  it.each(calls)('$id', async (call) => {
    expect(await servedBy(call, cast)).toEqual([]);
  });

  it.each(Object.keys(rpcSchemas) as RpcName[])('%s', async (method) => {
    const { chatId } = cast.guarded;
    const session = await startIn(cast.home.tenant, chatId, await signedIdentity(crypto.randomUUID()));
    using visitor = await connectVisitor(app.url, { [session.id]: session.sessionToken ?? '' });
    const data = commandData(method, { id: session.id, messageId: session.messages[0]?.id ?? '' });
    expect(await answerOf(visitor, method, data)).not.toHaveProperty('code');
  });
});
