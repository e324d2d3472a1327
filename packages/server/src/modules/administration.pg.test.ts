import type { Bot, Chat, ListPage, Session, TokenPair } from '@molva/contract';
import { Bot as BotSchema, Chat as ChatSchema, ErrorBody, operations, SessionListItem } from '@molva/contract';
import { decodeJwt } from 'jose';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, echoBlocks, startTestApp, type TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('login and refresh', () => {
  it('gives a token with the documented claims, under every base', async () => {
    const { status, body } = await app.call<TokenPair>('POST', '/api/iam/v1/auth/login', {
      ...ADMIN,
      ttl: 3600,
      companyId: null,
      extra: [],
    });
    expect(status).toBe(200);
    const claims = decodeJwt(body.token);
    expect(claims).toMatchObject({ version: 4, sub: '1', company_id: 1, roles: expect.arrayContaining(['ADMIN']) });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3600);
    expect((await app.call('GET', '/users/me', undefined, bearer(body.token))).body).toMatchObject({
      id: 1,
      email: ADMIN.email,
      lastName: '',
      phone: null,
    });
    expect((await app.call('GET', '/users/me', undefined, { authorization: body.token })).status).toBe(200);
  });

  it('refuses a wrong password, and rests an account after ten of them', async () => {
    const wrong = () => app.call('POST', '/auth/login', { email: 'nobody@test', password: 'wrong' });
    for (let attempt = 0; attempt < 10; attempt++)
      expect((await wrong()).body).toEqual({ error: 'Wrong e-mail or password', details: null });
    const rested = await wrong();
    expect([rested.status, Number(rested.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect((await app.call('POST', '/auth/login', ADMIN)).status).toBe(200);
    expect((await app.call('POST', '/auth/login', { email: 'x' })).status).toBe(400);
    expect((await app.call('POST', '/auth/login', { ...ADMIN, ttl: 59 })).status).toBe(400);
  });

  it('rotates refresh tokens: a repeat within the minute gives the same successor', async () => {
    const { body: first } = await app.call<TokenPair>('POST', '/auth/login', ADMIN);
    const refresh = (refreshToken: string) =>
      app.call<TokenPair>('POST', '/auth/refresh', { refreshToken }, { authorization: first.token });
    const [one, two] = [await refresh(first.refreshToken), await refresh(first.refreshToken)];
    expect(one.status).toBe(200);
    expect(two.body.refreshToken).toBe(one.body.refreshToken);
    expect((await refresh(one.body.refreshToken)).status).toBe(200);
    expect((await refresh('made up')).body).toEqual({ error: 'The refresh token is not accepted', details: null });
  });

  it('says "Token is expired." only of a token whose end has passed', async () => {
    const { body } = await app.call<TokenPair>('POST', '/auth/login', ADMIN);
    const broken = await app.call('GET', '/chats', undefined, bearer(`${body.token.slice(0, -4)}AAAA`));
    expect(broken.body).toEqual({ error: 'The token is not valid', details: null });
    expect((await app.call('GET', '/chats')).body).toEqual({ error: 'User is not authenticated', details: null });
    const chatId = await app.chat(echoBlocks);
    expect((await app.call('POST', `/chats/${chatId}/sessions`, {}, bearer('broken'))).status).toBe(401);
  });
});

describe('chats', () => {
  const isChat = Compile(ChatSchema);

  it('are created, read whole, merged, listed and deleted', async () => {
    const id = await app.chat(echoBlocks, {
      operatorsBusyMessage: 'Busy',
      references: { WHATSAPP: 'https://wa.example' },
      results: ['done', { name: 'later' }],
    });
    const read = async () => (await app.call<Chat>('GET', `/chats/${id}`, undefined, app.admin)).body;
    const chat = await read();
    expect(isChat.Errors(chat)).toEqual([]);
    expect(chat).toMatchObject({
      botName: 'Bot',
      results: ['done', { name: 'later' }],
      identityVerification: 'off',
      identitySecret: null,
    });
    const updated = await app.call(
      'PUT',
      `/chats/${id}`,
      { name: 'Renamed', operatorsBusyMessage: null, references: [] },
      app.admin,
    );
    expect([updated.status, updated.body]).toEqual([204, undefined]);
    expect(await read()).toMatchObject({
      name: 'Renamed',
      operatorsBusyMessage: '',
      references: { WHATSAPP: 'https://wa.example' },
    });
    const list = await app.call<ListPage<Chat>>(
      'GET',
      '/chats?keyword=renam&fields=id,name&limit=5',
      undefined,
      app.admin,
    );
    expect(list.body).toEqual({ count: 1, items: [{ id, name: 'Renamed' }] });
    const session = await app.start(id);
    expect((await app.call('DELETE', `/chats/${id}`, [], app.admin)).status).toBe(204);
    expect((await app.call('GET', `/chats/${id}`, undefined, app.admin)).status).toBe(404);
    expect((await app.call('POST', `/chats/${id}/sessions`, {})).status).toBe(404);
    const status = async () => (await app.call<Session>('GET', `/sessions/${session.id}`)).body.status;
    await expect.poll(status).toBe('CLOSED');
  });

  it.each([
    [{ name: 'No bot' }, 'botId'],
    [{ name: 'Unknown bot', botId: crypto.randomUUID() }, 'botId'],
    [{ eventCallbackUrl: '' }, 'eventCallbackUrl'],
    [{ sessionTtl: 50_000 }, 'sessionTtl'],
    [{ notifyOnEvents: ['X'] }, 'notifyOnEvents.0'],
  ])('refuse %o', async (body, field) => {
    const answer = await app.call<ErrorBody>('POST', '/chats', { name: 'Chat', ...body }, app.admin);
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body.details?.['fields'] as object)).toContain(field);
  });
});

it('a chat keeps the order of what it was given, and refuses names that strict clients cannot read', async () => {
  const form = { name: 'Name', email: 'E-mail', a: 'Last' };
  const id = await app.chat(echoBlocks, { form });
  const read = async () => (await app.call<Chat>('GET', `/chats/${id}`, undefined, app.admin)).body;
  expect(Object.keys((await read()).form)).toEqual(Object.keys(form));
  const numbered = { references: { '7': 'https://wa.example' } };
  expect((await app.call('PUT', `/chats/${id}`, numbered, app.admin)).status).toBe(400);
  expect((await read()).references).toEqual({});
});

describe('bots', () => {
  it('are checked whole, and the first wrong thing is not the only one told', async () => {
    const scenario = {
      version: 1,
      language: 'en',
      start: 'start',
      blocks: {
        start: { type: 'start', next: 'nowhere' },
        lost: { type: 'set', values: { 'a.b': '1 +' }, next: 'start' },
      },
    };
    const answer = await app.call<ErrorBody>('POST', '/bots', { name: 'Wrong', scenario }, app.admin);
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([400, 'scenario-invalid']);
    expect(answer.body.details?.['fields']).toEqual({
      'scenario.blocks.start.next': ['there is no block "nowhere"'],
      'scenario.blocks.lost': ['no arrow leads here'],
      'scenario.blocks.lost.values.a.b': ['a name with a dot belongs to the system', 'ends too early'],
    });
  });

  it('are read with their scenario, and changed under way', async () => {
    const chatId = await app.chat(echoBlocks);
    const { botId } = (await app.call<Chat>('GET', `/chats/${chatId}`, undefined, app.admin)).body;
    const { body: bot } = await app.call<Bot>('GET', `/bots/${botId}`, undefined, app.admin);
    expect(Compile(BotSchema).Errors(bot)).toEqual([]);
    const session = await app.start(chatId);
    const blocks = { ...echoBlocks, answer: { ...echoBlocks.answer, text: 'Changed: {said}' } };
    expect((await app.call('PUT', `/bots/${botId}`, { scenario: { ...bot.scenario, blocks } }, app.admin)).status).toBe(
      204,
    );
    const again = await app.call<{ messages: { body: string }[] }>('PUT', `/chats/${chatId}/sessions`, {
      sessionId: session.id,
      messageBody: 'x',
    });
    expect(again.body.messages[0]?.body).toBe('Changed: x');
    expect((await app.call<ListPage<Bot>>('GET', '/bots?withoutItems=1', undefined, app.admin)).body.items).toEqual([]);
  });
});

describe('the list of sessions', () => {
  it('is filtered, sorted, paged, and typed to the letter', async () => {
    const chatId = await app.chat(echoBlocks);
    const names = ['Alpha', 'Beta', 'Gamma'];
    for (const name of names) await app.start(chatId, { name });
    const list = async (query: string) =>
      (await app.call<ListPage<Session>>('GET', `/sessions?chatId=${chatId}&${query}`, undefined, app.admin)).body;
    const page = await list('sort=%2Bname&limit=2');
    expect([page.count, page.items.map(({ name }) => name)]).toEqual([3, ['Alpha', 'Beta']]);
    expect((await list('sort=-name&limit=2&page=1')).items.map(({ name }) => name)).toEqual(['Alpha']);
    expect((await list('name=et&withoutCount=1')).items.map(({ name }) => name)).toEqual(['Beta']);
    expect((await list('status=CLOSED')).count).toBe(0);
    expect((await list('from=2020-01-01T00:00:00+00:00&to=2020-01-02T00:00:00%2B00:00')).count).toBe(0);
    for (const session of page.items) expect(Compile(SessionListItem).Errors(session)).toEqual([]);
    for (const bad of ['sort=nope', 'limit=1001', 'limit=x', 'fields=nope', 'from=yesterday', 'status=OPEN']) {
      expect((await app.call('GET', `/sessions?${bad}`, undefined, app.admin)).status, bad).toBe(400);
    }
  });
});

describe('what is wrong with a call', () => {
  const errorBody = Compile(ErrorBody);

  it.each([
    ['GET', '/nowhere', undefined, {}, 404, 'path-not-found'],
    ['PATCH', '/chats', {}, {}, 405, 'method-not-allowed'],
    ['QUERY', '/chats', undefined, {}, 405, 'method-not-allowed'],
    ['QUERY', '/nowhere', undefined, {}, 404, 'path-not-found'],
    ['GET', `/chats?name=${'x'.repeat(20_000)}`, undefined, {}, 431, 'headers-too-large'],
    ['POST', '/auth/login', 'x', { 'content-type': 'application/xml' }, 415, 'media-type-unsupported'],
    [
      'POST',
      '/auth/login',
      JSON.stringify({ email: 'x'.repeat(300_000) }),
      { 'content-type': 'application/json' },
      413,
      'body-too-large',
    ],
    ['GET', `/sessions/${crypto.randomUUID()}`, undefined, {}, 404, 'entity-not-found'],
  ])('%s %s is answered in the one form of errors', async (method, path, body, headers, status, code) => {
    const answer = await app.call(method, path, body, headers as Record<string, string>);
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([status, code]);
    expect(errorBody.Check(answer.body)).toBe(true);
  });

  it('every call that needs a user says so, and looks the same for what is hidden and what does not exist', async () => {
    for (const operation of Object.values(operations)) {
      if (operation.access !== 'user' && operation.access !== 'admin') continue;
      const path = operation.path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
      expect(
        (await app.call(operation.method, path, operation.method === 'GET' ? undefined : {})).status,
        operation.id,
      ).toBe(401);
    }
  });
});

it('health, metrics and the description of the API are served', async () => {
  expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
  expect(await (await fetch(`${app.url}/health/ready`)).json()).toEqual({ status: 'ready' });
  const figures = [
    'molva_http_calls_total',
    'molva_due_claimed_total{kind="iam-sweep"}',
    'molva_due_unwritten_outcomes 0',
  ];
  await expect
    .poll(async () => {
      const text = await app.metrics();
      return figures.filter((figure) => !text.includes(figure));
    })
    .toEqual([]);
  const metrics = await app.metrics();
  expect(metrics).toContain('molva_http_calls_total');
  expect(metrics).toMatch(/^molva_memory_bytes\{part="session"\} \d+$/m);
  expect(metrics).toMatch(/^molva_memory_hits_total\{part="token"\} [1-9]/m);
  const document = (await (await fetch(`${app.url}/api/v1/openapi.json`)).json()) as { paths: object };
  expect(Object.keys(document.paths)).toContain('/chats/{chatId}/sessions');
});
