import { exampleOf, isList, operations, type Operation } from '@molva/contract';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Clean } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoBlocks, startTestApp, type TestApp } from '../testing/test-app.ts';

const reads = (Object.values(operations) as Operation[]).filter(({ method }) => method === 'GET');

let app: TestApp;
/** What there is for each parameter of a path. */
let ids: Record<string, string | number>;
beforeAll(async () => {
  app = await startTestApp();
  const created = async (path: string, body: unknown, method = 'POST'): Promise<string> => {
    const answer = await app.call<{ id: string }>(method, path, body, app.admin);
    if (answer.status > 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  };
  const chatId = await app.chat(echoBlocks, { callbackSecret: 'a secret of sixteen' });
  const session = await app.start(chatId, { messageBody: 'hello', clientName: 'Anna', variables: { order: 4711 } });
  const { body: chat } = await app.call<{ botId: string }>('GET', `/chats/${chatId}`, undefined, app.admin);
  const { id: userId } = await app.operator('Olga');
  const { companyId } = await app.tenant();
  const groupId = await created('/groups', { name: 'First line', operatorIds: [userId] });
  const attributeId = await created('/clients/attributes', { name: 'City' });
  const tagId = await created('/tags', { name: 'VIP' });
  const dialog = { botId: chat.botId, ttl: 3600, message: 'hello' };
  const { body: started } = await app.call<{ dialogId: string }>('POST', '/dialogs', dialog, app.admin);
  const fact = { botId: chat.botId, clientId: session.clientId, context: 'orders', name: 'last', value: 4711 };
  await created('/facts', fact, 'PUT');
  await created('/apikeys', { name: 'Shop back end', roles: ['API'] });
  const { clientId } = session;
  await app.call('PATCH', `/clients/${clientId}/attributes`, { [attributeId]: 'Riga' }, app.admin);
  await app.call('PUT', `/clients/${clientId}/tags/${tagId}`, undefined, app.admin);
  const { dialogId } = started;
  ids = { chatId, sessionId: session.id, clientId, botId: chat.botId, userId, companyId, groupId, dialogId };
});
afterAll(() => app[Symbol.asyncDispose]());

function addressOf({ path }: Operation): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const id = ids[name];
    if (id === undefined) throw new Error(`there is nothing for ${name}`);
    return String(id);
  });
}

describe('what is answered', () => {
  it.each(reads)('by $id is what is documented', async (operation) => {
    const { status, body } = await app.call('GET', addressOf(operation), undefined, app.admin);
    expect([status, body]).toEqual([200, expect.anything()]);
    const schema = operation.answers[200] as TSchema;
    expect(Compile(schema).Errors(body)).toEqual([]);
    // What is documented is all there is: nothing falls away with it.
    expect(Clean(schema, structuredClone(body))).toEqual(body);
  });
});

const parameters = reads.flatMap((operation) =>
  Object.entries((operation.query?.properties ?? {}) as Record<string, TSchema>).map(
    ([name, schema]) => [operation.id, name, operation, schema] as const,
  ),
);

describe('the documented example', () => {
  it.each(parameters)('of a parameter is understood: %s %s', async (_id, name, operation, schema) => {
    const query = new URLSearchParams({ [name]: String(exampleOf(schema, name, operation.id)) });
    if (name === 'offsetValue') {
      const field = operation.query?.properties['offsetField'] as TSchema;
      query.set('offsetField', String(exampleOf(field, 'offsetField', operation.id)));
    }
    const { status, body } = await app.call('GET', `${addressOf(operation)}?${query}`, undefined, app.admin);
    expect([status, body]).toEqual([200, expect.anything()]);
  });

  it.each(reads.filter(isList))('of groups goes with those of the other parameters: $id', async (operation) => {
    const given = Object.entries((operation.query?.properties ?? {}) as Record<string, TSchema>);
    const query = new URLSearchParams(
      given.map(([name, schema]) => [name, String(exampleOf(schema, name, operation.id))]),
    );
    const { status, body } = await app.call('GET', `${addressOf(operation)}?${query}`, undefined, app.admin);
    expect([status, body]).toEqual([200, expect.anything()]);
  });

  it('of a scenario is one that is taken', async () => {
    for (const { id, method, path, example } of [operations.createBot, operations.updateBot]) {
      const { status } = await app.call(method, path.replace('{botId}', String(ids['botId'])), example, app.admin);
      expect([id, status < 300]).toEqual([id, true]);
    }
  });
});
