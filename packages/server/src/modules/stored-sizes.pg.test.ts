import { afterAll, beforeAll, expect, it } from 'vitest';
import { echoBlocks, startTestApp, type TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const change = async (method: 'PUT' | 'PATCH', path: string, body: unknown) => {
  const { status, headers } = await app.call(method, path, body, app.admin);
  return status < 300 ? 'taken' : headers.get('x-error-code');
};
const large = 'x'.repeat(100_000);

it('the settings of a chat have a size together, call by call', async () => {
  const chat = `/chats/${await app.chat(echoBlocks)}`;
  expect(await change('PUT', chat, { form: { large } })).toBe('taken');
  expect(await change('PUT', chat, { appearance: { large } })).toBe('taken');
  expect(await change('PUT', chat, { pushData: { large } })).toBe('data-too-large');
  expect(await change('PUT', chat, { notifyOnEvents: Array.from({ length: 6_000 }, () => 'MESSAGE_CREATED') })).toBe(
    'data-too-large',
  );
  expect(await change('PUT', chat, { form: null, pushData: { large } })).toBe('taken');
});

it('the settings of a user and of a company have a size together', async () => {
  const me = await app.operator('Sizes');
  const { companyId } = await app.tenant();
  const settings = (prefix: string, count: number) => ({
    settings: Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, 'y'.repeat(8_000)])),
  });
  for (const path of [`/users/${me.id}/settings`, `/companies/${companyId}/settings`]) {
    expect(await change('PATCH', path, settings('a', 5)), path).toBe('taken');
    expect(await change('PATCH', path, settings('b', 5)), path).toBe('data-too-large');
    expect(await change('PATCH', path, { settings: { a0: null, a1: null, a2: null } }), path).toBe('taken');
    expect(await change('PATCH', path, settings('b', 5)), path).toBe('taken');
  }
});

it('the attributes of a client have a size together', async () => {
  const { clientId } = await app.start(await app.chat(echoBlocks));
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    ids.push((await app.call<{ id: string }>('POST', '/clients/attributes', { name }, app.admin)).body.id);
  }
  const path = `/clients/${clientId}/attributes`;
  for (const [index, id] of ids.entries()) {
    expect(await change('PATCH', path, { [id]: 'z'.repeat(60_000) }), String(index)).toBe(
      index < 4 ? 'taken' : 'data-too-large',
    );
  }
  expect(await change('PATCH', path, { [ids[0] ?? '']: null, [ids[4] ?? '']: 'z'.repeat(60_000) })).toBe('taken');
});
