import { afterAll, beforeAll, expect, it } from 'vitest';
import { echoBlocks, startTestApp, type TestApp } from '../testing/test-app.ts';

let app: TestApp;
let chatId: string;
beforeAll(async () => {
  app = await startTestApp();
  chatId = await app.chat(echoBlocks);
});
afterAll(() => app[Symbol.asyncDispose]());

const starts = () => `/api/v1/chats/${chatId}/sessions`;

it.each([
  ['a type of JSON and nothing in it', starts, '', 'application/json'],
  ['a byte order mark', starts, '\ufeff{"name":"marked"}', 'application/json; charset=utf-8'],
  ['a charset in capitals', starts, '{"name":"loud"}', 'application/json;charset=UTF-8'],
  ['a slash at the end', () => `${starts()}/`, '{}', 'application/json'],
  ['two slashes in a row', () => starts().replace('/chats', '//chats'), '{}', 'application/json'],
])('%s is no reason to refuse a call', async (_habit, path, body, type) => {
  const answer = await fetch(app.url + path(), { method: 'POST', body, headers: { 'content-type': type } });
  expect([answer.status, await answer.json()]).toEqual([201, expect.objectContaining({ id: expect.any(String) })]);
});

it('a DELETE that says its empty body is JSON is served', async () => {
  const { id } = await app.start(chatId);
  const headers = { 'content-type': 'application/json', ...app.admin };
  expect((await fetch(`${app.url}/api/v1/sessions/${id}`, { method: 'DELETE', body: '', headers })).status).toBe(204);
});

it('an idle connection is kept longer than balancers keep theirs', async () => {
  const { headers } = await fetch(`${app.url}/api/v1/timestamp`);
  expect(Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThan(60);
});
