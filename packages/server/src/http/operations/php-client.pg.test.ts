import type { ListPage, Message, Session } from '@molva/contract';
import { expect, it } from 'vitest';
import { phpRequests } from '../../testing/operations/php-requests.ts';
import { ADMIN, echoBlocks, startTestApp } from '../../testing/test-app.ts';

/** Headers that client sends with every call, those without a body too. */
const HEADERS = { 'user-agent': 'GuzzleHttp/7', 'content-type': 'application/json' };

it('the documented platform’s PHP client gets what it asks for, in classes of its own', async () => {
  await using app = await startTestApp();
  const chatId = await app.chat(echoBlocks);
  const known: Record<string, string> = { chatId, ...ADMIN };
  const filled = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (all, name: string) => known[name] ?? all);
  const answers: Record<string, unknown> = {};
  for (const { what, method, path, body, status, answer, open } of phpRequests) {
    const { status: got, body: answered } = await app.call<Record<string, unknown>>(
      method,
      filled(path),
      body === undefined ? undefined : filled(body),
      { ...HEADERS, ...(open === true ? {} : { authorization: `Bearer ${known['token']}` }) },
    );
    expect([what, got], JSON.stringify(answered)).toEqual([what, status]);
    expect(answer === undefined ? answered : answer(answered, what)).toEqual(answer === undefined ? undefined : []);
    answers[what] = answered;
    if (what === 'login') known['token'] = String(answered['token']);
    if (what === 'start') Object.assign(known, { sessionId: answered['id'], clientId: answered['clientId'] });
    if (what !== 'messages') continue;
    const { items } = answered as unknown as ListPage<Message>;
    known['messageId'] = items.find(({ authorType }) => authorType === 'BOT')?.id ?? '';
  }
  const { items } = answers['messages'] as ListPage<Message>;
  expect(items.map((message) => message.body)).toEqual([
    'Say something',
    'Где мой заказ?',
    'You said Где мой заказ?',
    'More?',
    'Алло',
    'You said Алло',
    'More?',
  ]);
  expect(answers['start with the answer to come']).toMatchObject({ clientId: known['clientId'], messages: [] });
  const { body: closed } = await app.call<Session>('GET', `/sessions/${known['sessionId']}`, undefined, app.admin);
  expect(closed).toMatchObject({ name: 'Заказ 1001/2', status: 'CLOSED' });
});
