import type { Operation } from '@molva/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentedCalls, type DocumentedCall } from '../../testing/operations/document.ts';
import { brokenBearers, casesOf, FRESH, type CallerName, type FuzzCase } from '../../testing/operations/fuzz-case.ts';
import { createTarget, FuzzWire, type FuzzTarget } from '../../testing/operations/fuzz-target.ts';
import { fault } from '../../testing/operations/sound.ts';
import { nobody, type Identity } from '../../testing/operations/tenant.ts';
import { echoBlocks, startTestApp } from '../../testing/test-app.ts';

/** Cases of an operation; MOLVA_TEST_FUZZ_RUNS multiplies them, and makes them other ones each time. */
const RUNS = 32;
const multiplier = Number(process.env['MOLVA_TEST_FUZZ_RUNS'] ?? 1);
const seed = process.env['MOLVA_TEST_FUZZ_RUNS'] === undefined ? { seed: 20_260_128 } : {};

/** Calls that make or check the hash of a password, which takes its time. */
const SLOW = new Set(['changePassword', 'createCompany', 'createUser', 'login', 'updateUser']);
/** Calls after which what they are about is of no use to others, beside all that delete. */
const DESTROYS = new Set([
  'answerForBot',
  'banClient',
  'changePassword',
  'finishDialog',
  'logout',
  'markSpam',
  'updateBot',
  'updateChat',
  'updateUser',
]);
const destroys = ({ id, method }: Operation): boolean => method === 'DELETE' || DESTROYS.has(id);

const app = await startTestApp({ trustedProxies: ['127.0.0.0/8'] });
const calls = await documentedCalls(app.url);
const byId = new Map(calls.map((call) => [call.id, call]));
const wire = new FuzzWire(app.url);

const opened = new AsyncDisposableStack();
let shared: FuzzTarget;
let stranger: FuzzTarget;
beforeAll(async () => {
  [shared, stranger] = [opened.use(await createTarget(app)), opened.use(await createTarget(app))];
});
afterAll(async () => {
  process.stdout.write(`fuzzed ${calls.length} operations with ${wire.sent} cases\n`);
  await wire[Symbol.asyncDispose]();
  await opened.disposeAsync();
  await app[Symbol.asyncDispose]();
});

function headerOf(caller: CallerName, { crew, session }: FuzzTarget, broken: string): Identity {
  const headers: Readonly<Record<CallerName, Identity>> = {
    nobody,
    operator: crew.operator.header,
    admin: crew.tenant.admin,
    'back end': crew.backEnd,
    stranger: stranger.crew.tenant.admin,
    session,
    broken: { authorization: broken },
  };
  return headers[caller];
}

/** Makes the call of a case, and says what is wrong with the answer. */
async function faultOf(call: DocumentedCall, one: FuzzCase, by: Identity, target: FuzzTarget) {
  const answer = await wire.send(call, one, by, target.crew);
  const astray = Object.values(one.path).some((part) => part !== FRESH && !/^[\w.-]{1,64}$/.test(part));
  return fault(call, answer, one.query, astray);
}

async function fuzz(call: DocumentedCall, target: FuzzTarget): Promise<void> {
  const { operation } = call;
  const { tenant } = target.crew;
  const runs = Math.ceil((RUNS * multiplier) / (SLOW.has(operation.id) ? 4 : 1));
  const cases = casesOf(call, target.pools, echoBlocks, destroys(operation));
  await fc.assert(
    fc.asyncProperty(cases, brokenBearers, async (one, broken) => {
      // Whoever changes the own password ends its tokens.
      const self = operation.id === 'changePassword' && !['nobody', 'session', 'broken'].includes(one.caller);
      // Companies that depend on another make none themselves.
      const first = operation.id === 'createCompany' && one.caller === 'admin';
      const known = first ? app.admin : headerOf(one.caller, target, broken);
      const by = self ? (await tenant.person('OPERATOR')).header : known;
      expect(await faultOf(call, one, by, target)).toBe(undefined);
    }),
    { numRuns: runs, ...seed },
  );
}

const timeout = 120_000 * Math.max(1, multiplier);

describe('no call breaks the server, and every answer is as documented', () => {
  it.each(calls)('$id', { timeout }, async (call) => {
    if (destroys(call.operation)) {
      await using target = await createTarget(app);
      await fuzz(call, target);
    } else await fuzz(call, shared);
    expect(await wire.isReady()).toBe(true);
  });

  it('of any kind at the same time', { timeout }, async () => {
    for (let round = 0; round < multiplier; round++) {
      await using target = await createTarget(app);
      const quick = calls.filter(({ operation }) => !SLOW.has(operation.id));
      const any = fc
        .constantFrom(...quick)
        .chain((call) => casesOf(call, target.pools, echoBlocks, false).map((one) => ({ id: call.id, one })));
      const batches = fc.array(any, { minLength: 4, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(batches, async (batch) => {
          const faults = batch.map(({ id, one }) =>
            faultOf(byId.get(id) as DocumentedCall, one, headerOf(one.caller, target, 'Bearer broken'), target),
          );
          expect(await Promise.all(faults)).toEqual(batch.map(() => undefined));
        }),
        { numRuns: RUNS, ...seed },
      );
    }
    expect(await wire.isReady()).toBe(true);
  });
});
