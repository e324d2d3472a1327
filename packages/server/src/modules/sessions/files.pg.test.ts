import { Attachment, exampleOf } from '@molva/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { badField } from '../../platform/failure.ts';
import { echoBlocks, startTestApp, type Operator, type TestApp } from '../../testing/test-app.ts';
import type { FileSource, FileUse } from './index.ts';

const ID = '00000000-0000-4000-8000-000000000001';
let asked: (FileUse & { field: string })[] = [];
const files: FileSource = async (ids, use, field) => {
  asked.push({ ...use, field });
  if (!ids.includes(ID)) throw badField(field, 'there is no such file');
  return ids.map((id) => ({ ...(exampleOf(Attachment) as Attachment), id }));
};

let app: TestApp;
let olga: Operator;
let stranger: Operator;
let chatId: string;
beforeAll(async () => {
  app = await startTestApp({ files });
  olga = await app.operator('Olga');
  stranger = await app.tenant();
  chatId = await app.chat(echoBlocks);
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(() => void (asked = []));

const holder = { kind: 'holder' } as const;
const message = { body: 'See this', attachments: [ID] };
const start = { messageBody: 'See this', messageAttachments: [ID] };

it('a start asks for files of no session, and going on with one for those of that session', async () => {
  const path = `/chats/${chatId}/sessions`;
  const session = await app.start(chatId, start);
  const named = await app.call('POST', path, { ...start, sessionId: session.id });
  const newest = await app.call('PUT', path, { ...start, clientId: session.clientId });
  const byUser = await app.call('POST', path, start, olga.header);
  const byStranger = await app.call('POST', path, start, stranger.header);
  expect([named, newest, byUser, byStranger].map(({ status }) => status)).toEqual([200, 200, 201, 201]);
  const field = 'messageAttachments';
  expect(asked).toEqual([
    { companyId: 1, sessionId: null, uploader: holder, field },
    { companyId: 1, sessionId: session.id, uploader: holder, field },
    { companyId: 1, sessionId: session.id, uploader: holder, field },
    { companyId: 1, sessionId: null, uploader: { kind: 'user', userId: olga.id }, field },
    { companyId: 1, sessionId: null, uploader: holder, field },
  ]);
});

it('a repeat asks for no file again', async () => {
  const key = { 'idempotency-key': crypto.randomUUID() };
  const path = `/chats/${chatId}/sessions`;
  const first = await app.call('POST', path, start, key);
  const again = await app.call('POST', path, start, key);
  expect([first.status, again.status, again.body['id']]).toEqual([201, 200, first.body['id']]);
  expect(asked).toHaveLength(1);
});

it('messages ask for files of their session, by whoever says them', async () => {
  const { id } = await app.start(chatId);
  const say = (who: string, header = {}) => app.call('POST', `/sessions/${id}/${who}/messages`, message, header);
  const said = await say('operators', olga.header);
  const all = [said, await say('clients'), await say('clients', olga.header)];
  expect(all.map(({ status }) => status)).toEqual([201, 201, 201]);
  const edited = await app.call('PATCH', `/messages/${String(said.body['id'])}`, message, olga.header);
  expect(edited.status).toBe(204);
  const use = { companyId: 1, sessionId: id, field: 'attachments' };
  const user = { kind: 'user', userId: olga.id } as const;
  expect(asked).toEqual([user, holder, user, user].map((uploader) => ({ ...use, uploader })));
});

it('a file that is not there is refused by its field', async () => {
  const { id } = await app.start(chatId);
  const other = crypto.randomUUID();
  const attempts = [
    await app.call('POST', `/chats/${chatId}/sessions`, { ...start, messageAttachments: [other] }),
    await app.call('POST', `/sessions/${id}/clients/messages`, { ...message, attachments: [other] }),
  ];
  for (const { status, headers } of attempts) {
    expect([status, headers.get('x-error-code')]).toEqual([400, 'invalid-input']);
  }
});
