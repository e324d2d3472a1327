import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atWork, handsOver, type AtWork } from '../../../testing/at-work.ts';
import { json, startReceiver } from '../../../testing/receiver.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
let work: AtWork;
beforeAll(async () => {
  app = await startTestApp();
  work = atWork(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const BUSY = { operatorsBusyMessage: 'All are busy' };
const waiting = { operatorType: 'OPERATOR', operatorId: '', operatorName: '', operatorAssignedAt: null };

describe('a bot elsewhere that hands over to a group where nobody is', () => {
  it('has its client wait in that group, with the note, where it says nothing more', async () => {
    const [stranger, member] = [await app.operator('Stranger'), await app.operator('Member')];
    const group = await work.group(member);
    await work.online(stranger);
    await using bot = await startReceiver((call, response) =>
      json(response, call.body['kind'] === 'start' ? { handOver: { groupId: group, announcement: 'A refund' } } : {}),
    );
    const { id } = await app.start(await work.webhookChat(bot.url, BUSY));
    await expect.poll(async () => (await work.details(id)).operatorType).toBe('OPERATOR');
    expect(await work.details(id)).toMatchObject({
      ...waiting,
      handOver: { groupId: group, announcement: 'A refund' },
    });
    expect(await work.said(id)).toEqual(['All are busy']);
    expect(bot.received.map(({ body }) => body['kind'])).toEqual(['start', 'operatorNotFound']);
    await work.online(member);
    await expect.poll(async () => (await work.details(id)).operatorName).toBe('Member');
    await work.offline(stranger, member);
  });

  it('has it wait there with the note where it fails then; client and integrator are told once', async () => {
    const [stranger, member] = [await app.operator('Stranger'), await app.operator('Member')];
    const group = await work.group(member);
    await work.online(stranger);
    await using bot = await startReceiver((call, response) =>
      call.body['kind'] === 'start'
        ? json(response, { handOver: { groupId: group, announcement: 'A refund' } })
        : response.writeHead(500).end(),
    );
    await using integrator = await startReceiver();
    const notify = { eventCallbackUrl: integrator.url, notifyOnEvents: ['OPERATOR_NOT_FOUND', 'SESSION_CLOSED'] };
    const { id } = await app.start(await work.webhookChat(bot.url, { ...BUSY, ...notify }));
    await expect.poll(async () => (await work.details(id)).botStatus).toBe('ERROR');
    await expect.poll(async () => (await work.details(id)).operatorType).toBe('OPERATOR');
    expect(await work.details(id)).toMatchObject({
      ...waiting,
      handOver: { groupId: group, announcement: 'A refund' },
    });
    expect(await work.said(id)).toEqual(['All are busy']);
    // Calls of a session come in order: what comes after this one would have come before it.
    await work.act('DELETE', id, '');
    await expect.poll(() => integrator.received.at(-1)?.body['event']).toBe('SESSION_CLOSED');
    expect(
      integrator.received.map(({ body }) => [body['event'], (body['data'] as { groupId?: string }).groupId]),
    ).toEqual([
      ['OPERATOR_NOT_FOUND', group],
      ['SESSION_CLOSED', undefined],
    ]);
    await work.offline(stranger);
  });
});

describe('a group that a bot elsewhere names', () => {
  it.each([
    ['in capitals is the group', true],
    ['of another company is none: anybody of the company gets the session', false],
  ])('%s', async (_title, own) => {
    const member = await app.operator('Member');
    const tenant = await app.tenant();
    const body = { name: 'Theirs', operatorIds: [] };
    const theirs = (await app.call<{ id: string }>('POST', '/groups', body, tenant.header)).body.id;
    const group = own ? await work.group(member) : theirs;
    await work.online(member);
    await using bot = await startReceiver((_call, response) =>
      json(response, { handOver: { groupId: group.toUpperCase() } }),
    );
    const { id } = await app.start(await work.webhookChat(bot.url, BUSY));
    await expect.poll(async () => (await work.details(id)).operatorName).toBe('Member');
    expect((await work.details(id)).handOver?.groupId).toBe(own ? group : null);
    expect(await work.said(id)).toEqual([]);
    await work.offline(member);
  });
});

describe('nobody is there', () => {
  it('each branch that a bot has for it is taken, and the client is told once', async () => {
    const group = await work.group();
    const chat = await app.chat(
      {
        start: { type: 'start', next: 'first' },
        first: { type: 'operator', group, notFound: 'sorry' },
        sorry: { type: 'message', text: 'I try again', next: 'second' },
        second: { type: 'operator', group, notFound: 'stay' },
        stay: { type: 'question', text: 'I am here' },
      },
      BUSY,
    );
    const { messages, id } = await app.start(chat);
    expect(messages.map(({ body }) => body)).toEqual(['All are busy', 'I try again', 'I am here']);
    expect(await work.details(id)).toMatchObject({ operatorType: 'BOT', botStatus: 'WAIT' });
  });

  it('a bot that asks for people again and again leaves its client in the help list', async () => {
    const chat = await app.chat(handsOver(await work.group(), { notFound: 'people' }), BUSY);
    const { id } = await app.start(chat);
    expect(await work.details(id)).toMatchObject({ ...waiting, status: 'ACTIVE', botStatus: 'OPERATOR' });
    expect(await work.said(id)).toEqual(['All are busy']);
  });

  it('the client is told so under the name of the bot it is said by', async () => {
    const group = await work.group();
    const scenario = { version: 1, language: 'en', start: 'start', blocks: echoBlocks };
    const other = await app.call<{ id: string }>('POST', '/bots', { name: 'The other', scenario }, app.admin);
    const { id } = await app.start(await app.chat(echoBlocks, BUSY), { botId: other.body.id });
    const operator = await app.operator('Olga');
    await work.act('PATCH', id, `/operators/${operator.id}`);
    await work.act('PATCH', id, `/groupoperators/${group}`);
    expect((await work.details(id)).lastMessage).toMatchObject({
      body: 'All are busy',
      authorId: other.body.id,
      authorName: 'The other',
    });
  });
});

describe('a hand-over', () => {
  it('to somebody who is online is one change of who answers, and one it can be read the reason of', async () => {
    const [free, busy, away, paused] = [
      await app.operator('Free'),
      await app.operator('Busy'),
      await app.operator('Away'),
      await app.operator('Paused'),
    ];
    const group = await work.group(free, busy, away, paused);
    await work.online(free, busy, paused);
    await app.call('PATCH', '/users/me/deactivate', { status: 'PAUSE' }, paused.header);
    const { id: other } = await app.start(await app.chat(echoBlocks));
    await work.act('PATCH', other, `/operators/${busy.id}`);
    expect((await work.details(other)).assignment).toEqual({ by: 'named', why: null });

    const { id } = await app.start(await app.chat(handsOver(group), BUSY));
    expect(await work.details(id)).toMatchObject({
      operatorName: 'Free',
      handOver: { groupId: group, notFoundAt: null },
      assignment: {
        by: 'routing',
        why: {
          rule: 'leastLoaded',
          of: 2,
          load: 0,
          capacity: null,
          skipped: { offline: 1, paused: 1, full: 0, unskilled: 0, excluded: 0 },
        },
      },
    });
    const changes = await work.events(id, 'operatorChanged');
    expect(changes).toMatchObject([{ operatorId: String(free.id), operatorName: 'Free', previousOperatorName: 'Bot' }]);
    expect(await work.said(id)).toEqual([]);
    await work.offline(free, busy, paused);
  });

  it('that finds nobody is told as a change to nobody, and the next one comes from nobody', async () => {
    const operator = await app.operator('Olga');
    const group = await work.group(operator);
    const { id } = await app.start(await app.chat(handsOver(group)));
    const toNobody = { operatorId: '', operatorName: null, avatar: null, previousOperatorName: 'Bot' };
    expect(await work.events(id, 'operatorChanged')).toMatchObject([toNobody]);
    expect(await work.details(id)).toMatchObject({ ...waiting, assignment: null, handOver: { groupId: group } });
    await work.online(operator);
    await expect.poll(async () => (await work.details(id)).operatorName).toBe('Olga');
    expect(await work.events(id, 'operatorChanged')).toMatchObject([
      toNobody,
      { operatorId: String(operator.id), previousOperatorId: null, previousOperatorName: null },
    ]);
    await work.offline(operator);
  });

  it('to another group keeps the note', async () => {
    const [olga, ivan] = [await app.operator('Olga'), await app.operator('Ivan')];
    const [first, second] = [await work.group(olga), await work.group(ivan)];
    await work.online(olga, ivan);
    const { id } = await app.start(await app.chat(handsOver(first, { announcement: 'A refund' })));
    expect(await work.details(id)).toMatchObject({ operatorName: 'Olga', handOver: { announcement: 'A refund' } });
    await work.act('PATCH', id, `/groupoperators/${second}`);
    expect(await work.details(id)).toMatchObject({
      operatorName: 'Ivan',
      handOver: { groupId: second, announcement: 'A refund' },
    });
    await work.offline(olga, ivan);
  });

  it('of many clients at once shares them out evenly', async () => {
    const operators = [await app.operator('A'), await app.operator('B'), await app.operator('C')];
    const chat = await app.chat(handsOver(await work.group(...operators)));
    await work.online(...operators);
    const sessions = await Promise.all(Array.from({ length: 12 }, () => app.start(chat)));
    const given = await Promise.all(sessions.map(async ({ id }) => (await work.details(id)).operatorName));
    expect(given.toSorted()).toEqual(['A', 'A', 'A', 'A', 'B', 'B', 'B', 'B', 'C', 'C', 'C', 'C']);
    await work.offline(...operators);
  });
});

it('who waits in the help list is given to the first who comes, whoever has waited longest first', async () => {
  const operator = await app.operator('Olga');
  const chat = await app.chat(handsOver(await work.group(operator)));
  const [first, second] = [await app.start(chat), await app.start(chat)];
  expect(await work.details(second.id)).toMatchObject(waiting);
  await work.online(operator);
  for (const { id } of [first, second]) {
    await expect.poll(async () => (await work.details(id)).operatorName).toBe('Olga');
  }
  const since = async (id: string) => Date.parse((await work.details(id)).operatorAssignedAt ?? '');
  expect(await since(first.id)).toBeLessThanOrEqual(await since(second.id));
});

it('whoever looks right after the message that hands over finds who got the session, or that nobody is there', async () => {
  const olga = await app.operator('Olga');
  const chat = await app.chat({
    start: { type: 'start', next: 'ask' },
    ask: { type: 'question', text: 'Well?', default: 'people' },
    people: { type: 'operator', group: await work.group(olga) },
  });
  const sessions = await Promise.all(Array.from({ length: 8 }, () => app.start(chat)));
  const asks = async ({ id }: { readonly id: string }) => {
    expect((await work.send(id, 'a person please')).status).toBe(201);
    const { operatorType, operatorId } = await work.details(id);
    return [operatorType, operatorId];
  };
  const [first, ...others] = sessions;
  expect(await asks(first ?? { id: '' })).toEqual(['OPERATOR', '']);
  await work.online(olga);
  expect(await Promise.all(others.map(asks))).toEqual(others.map(() => ['OPERATOR', String(olga.id)]));
  await work.offline(olga);
});
