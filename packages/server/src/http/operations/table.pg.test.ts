import { operations } from '@molva/contract';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectSuccess } from '../../testing/operations/answers.ts';
import { documentedCalls, type DocumentedCall } from '../../testing/operations/document.ts';
import { malformed } from '../../testing/operations/malformed.ts';
import { otherTenant } from '../../testing/operations/other-tenant.ts';
import { addressOf, make, rightCall } from '../../testing/operations/right-call.ts';
import { createCrew, type Crew } from '../../testing/operations/tenant.ts';
import { unknownIdOf } from '../../testing/operations/unknown-id.ts';
import { wrongIdentity } from '../../testing/operations/wrong-identity.ts';
import { startTestApp, testSecrets } from '../../testing/test-app.ts';

const secrets = testSecrets(randomBytes(32));
// The rows come from the running server, so that it starts before the tests are collected.
const app = await startTestApp({ secrets });
const calls = await documentedCalls(app.url);

const opened = new AsyncDisposableStack();
let home: Crew;
let stranger: Crew;
beforeAll(async () => {
  [home, stranger] = [opened.use(await createCrew(app)), opened.use(await createCrew(app))];
  // Every list has something in it.
  for (const crew of [home, stranger]) {
    for (const name of ['attributeId', 'dialogId', 'factId', 'groupId', 'messageId', 'tagId']) await make(name, crew);
  }
});
afterAll(async () => {
  await opened.disposeAsync();
  await app[Symbol.asyncDispose]();
});

const cells: Readonly<Record<string, (call: DocumentedCall) => Promise<void>>> = {
  right: async (call) => {
    const { params, body, as } = await rightCall(call, home);
    expectSuccess(call.operation, await app.call(call.operation.method, addressOf(call, params), body, { ...as }));
  },
  'wrong identity': (call) => wrongIdentity(call, home, secrets.signing.privateKey),
  'other tenant': (call) => otherTenant(call, home, stranger),
  malformed: (call) => malformed(call, home),
  'unknown id': (call) => unknownIdOf(call, calls, home),
};

const done: string[] = [];
describe.each(calls)('$id', (call) => {
  it.each(Object.entries(cells))('%s', async (name, cell) => {
    done.push(`${call.id} · ${name}`);
    await cell(call);
  });
});

it('no cell of the table is missing', () => {
  const documented = new Set(calls.map(({ operation }) => operation.id));
  expect(documented).toEqual(new Set(Object.values(operations).map(({ id }) => id)));
  const table = calls.flatMap(({ id }) => Object.keys(cells).map((name) => `${id} · ${name}`));
  expect(new Set(done)).toEqual(new Set(table));
  expect(done.length).toBe(calls.length * 5);
});
