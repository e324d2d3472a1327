import type { DialogAnswer } from '@molva/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startReceiver } from '../../../testing/receiver.ts';
import { startTestApp, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const blocks = {
  start: { type: 'start', next: 'ask' },
  ask: { type: 'question', text: 'Which order?', variable: 'order', default: 'note' },
  note: { type: 'result', values: { outcome: `'found ' + order` }, next: 'more' },
  more: { type: 'question', text: 'Anything else?', variable: 'more', default: 'end' },
  end: { type: 'end', text: 'Bye' },
};
const say = (id: string, body: string) => app.call('POST', `/sessions/${id}/clients/messages`, { body });
const details = async (id: string, as: Record<string, string> | undefined) =>
  (await app.call<Record<string, unknown>>('GET', `/sessions/${id}`, undefined, as)).body;

it('what a conversation came to is shown to its company while it lives and after its end, and to nobody else', async () => {
  const { id } = await app.start(await app.chat(blocks), { variables: { name: 'Ann', '1': 'x', list: ['a'] } });
  await say(id, '4711');
  const came = { result: { outcome: 'found 4711' }, variables: { name: 'Ann', order: '4711' } };
  expect(await details(id, app.admin)).toMatchObject(came);
  await say(id, 'no');
  expect(await details(id, app.admin)).toMatchObject({ status: 'CLOSED', ...came });
  const { body } = await app.call('GET', `/dialogs/${id}/variableList`, undefined, app.admin);
  expect(body).toMatchObject({ context: { name: 'Ann', order: '4711', more: 'no', list: '["a"]' } });
  expect(body['context']).not.toHaveProperty('1');

  const shown = JSON.stringify([
    await details(id, undefined),
    (await app.call('GET', `/sessions/${id}/events`)).body,
    (await app.call('GET', '/sessions', undefined, app.admin)).body,
  ]);
  expect(shown).not.toContain('found 4711');
  const tenant = await app.tenant();
  for (const path of [`/sessions/${id}`, `/dialogs/${id}/variableList`]) {
    expect((await app.call('GET', path, undefined, tenant.header)).status).toBe(404);
  }
  for (const [path, call] of [
    [`/dialogs/${id}`, { message: 'hello' }],
    [`/dialogs/${id}/finish`, {}],
  ] as const) {
    expect((await app.call('POST', path, call, app.admin)).status).toBe(404);
  }
});

it('fields of it alone are given where they are asked for', async () => {
  const { id } = await app.start(await app.chat(blocks), { variables: { name: 'Ann' } });
  const answer = await app.call('GET', `/sessions/${id}?fields=variables,result`, undefined, app.admin);
  expect(answer.body).toEqual({ variables: { name: 'Ann' }, result: {} });
});

it('a dialog of the bot API that has the id of a session is the one that is meant', async () => {
  const { id } = await app.start(await app.chat(blocks), { variables: { of: 'the session' } });
  const botId = await app.bot(blocks);
  const body = { botId, dialogId: id, ttl: 60, variables: { of: 'the dialog' } };
  expect((await app.call<DialogAnswer>('POST', '/dialogs', body, app.admin)).body.dialogId).toBe(id);
  const list = await app.call('GET', `/dialogs/${id}/variableList`, undefined, app.admin);
  expect(list.body).toMatchObject({ context: { of: 'the dialog' } });
});

it('the end tells the company’s receiver what it came to, and an address that a stranger named does not hear it', async () => {
  await using receiver = await startReceiver();
  const notified = () => receiver.received.filter(({ body }) => body['event'] === 'SESSION_CLOSED');
  const ofTheChat = { eventCallbackUrl: `${receiver.url}/chat`, notifyOnEvents: ['SESSION_CLOSED'] };
  const { id } = await app.start(await app.chat(blocks, ofTheChat), { variables: { name: 'Ann' } });
  await say(id, '4711');
  await app.call('DELETE', `/sessions/${id}`, { result: 'solved' }, app.admin);
  await expect.poll(() => notified().length).toBe(1);
  expect(notified()[0]?.body['data']).toMatchObject({
    sessionId: id,
    result: { outcome: 'found 4711' },
    operatorResult: 'solved',
    variables: { name: 'Ann', order: '4711' },
  });

  const strangers = { eventCallbackUrl: `${receiver.url}/stranger`, notifyOnEvents: ['SESSION_CLOSED'] };
  const other = await app.start(await app.chat(blocks), { ...strangers, variables: { secret: 'of the house' } });
  await app.call('DELETE', `/sessions/${other.id}`, {}, app.admin);
  await expect.poll(() => notified().some(({ path }) => path === '/stranger')).toBe(true);
  expect(notified().find(({ path }) => path === '/stranger')?.text).not.toContain('of the house');
});
