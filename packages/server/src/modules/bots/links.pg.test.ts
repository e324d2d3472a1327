import type { Session } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, startReceiver, type Receiver } from '../../testing/receiver.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

let app: TestApp;
let integrator: Receiver;
let chatId: string;
beforeAll(async () => {
  app = await startTestApp();
  // A bot that hands out the address it is told.
  integrator = await startReceiver(({ body }, response) => {
    const { text } = (body['message'] ?? { text: 'https://shop.example/' }) as { text: string };
    json(response, {
      messages: [{ body: 'A file', attachments: [{ name: 'bill.pdf', url: text, contentType: 'text/plain' }] }],
    });
  });
  const webhook = { url: integrator.url, secret: 'a secret of sixteen and more' };
  const { body } = await app.call<{ id: string }>('POST', '/bots', { name: 'Files', webhook }, app.admin);
  chatId = (await app.call<{ id: string }>('POST', '/chats', { name: 'Files', botId: body.id }, app.admin)).body.id;
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await integrator[Symbol.asyncDispose]();
});

/** Stores a bot whose author names an address. */
async function authored(url: string): Promise<number> {
  const blocks = {
    start: { type: 'start', next: 'ask' },
    ask: { type: 'question', text: 'Look', attachments: [{ name: 'bill.pdf', url, contentType: 'text/plain' }] },
  };
  const scenario = { version: 1, language: 'en', start: 'start', blocks };
  return (await app.call('POST', '/bots', { name: 'Bill', scenario }, app.admin)).status;
}

/** What a webhook bot's address became: the links in the answer, and where its bot stands. */
async function handedOut(url: string): Promise<{ links: string[]; botStatus: string }> {
  const { id, messages } = await app.start(chatId, { messageBody: url });
  const files = messages.flatMap(({ attachments }) => attachments);
  const links = files.flatMap((file) => [file.url ?? '', file.downloadLink]);
  const { body: session } = await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin);
  return { links, botStatus: session.botStatus };
}

const BAD = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'file:///etc/passwd',
];

describe('a file of a bot leads to no program and to no file of the reader’s machine', () => {
  it.each(BAD)('%j', async (url) => {
    expect(await authored(url)).toBe(400);
    const { links, botStatus } = await handedOut(url);
    expect(links.filter((link) => !link.startsWith('https://shop.example/'))).toEqual([]);
    expect(botStatus).toBe('ERROR');
  });
});

describe('a file of a bot leads where its author says, as it is written', () => {
  it.each(['https://shop.example/a(b)_c?x=1&y=2#z', 'https://shop.example/путь'])('%s', async (url) => {
    expect(await authored(url)).toBe(201);
    expect((await handedOut(url)).links).toContain(url);
  });
});
