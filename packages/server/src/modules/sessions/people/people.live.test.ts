import { Centrifuge, type PublicationContext } from 'centrifuge';
import { WebSocket } from 'ws';
import type { ListPage, Message, MessageAccepted, Session } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoBlocks, startTestApp, type Operator, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
let olga: Operator;
let ivan: Operator;
beforeAll(async () => {
  app = await startTestApp();
  olga = await app.operator('Olga');
  ivan = await app.operator('Ivan');
});
afterAll(() => app[Symbol.asyncDispose]());

interface Envelope {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A client that watches its session with the official library. */
async function watch(sessionId: string): Promise<Disposable & { events: Envelope[] }> {
  const client = new Centrifuge(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
    websocket: WebSocket,
    name: 'js',
    data: { application: 'widget', settings: { sessions: [sessionId] } },
  });
  const events: Envelope[] = [];
  client.on('publication', (context: PublicationContext) => events.push(context.data as Envelope));
  client.connect();
  await client.ready(30_000);
  await client.rpc('joinSession', { id: sessionId });
  return { events, [Symbol.dispose]: () => client.disconnect() };
}

const details = async (id: string) => (await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin)).body;
const messages = async (id: string) =>
  (await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages?limit=100`, undefined, app.admin)).body.items;
const patch = (path: string, by = olga, body?: unknown) => app.call('PATCH', path, body, by.header);

describe('an operator in a session', () => {
  it('takes over by answering, and the client sees it all live', async () => {
    const session = await app.start(await app.chat(echoBlocks, { sessionRatingRequired: true }));
    using live = await watch(session.id);
    const sent = await app.call<MessageAccepted>('POST', `/sessions/${session.id}/clients/messages`, { body: 'help' });

    expect((await patch(`/messages/${sent.body.id}/read`)).status).toBe(204);
    expect((await patch(`/sessions/${session.id}/typing`, olga, {})).status).toBe(204);
    const answer = await app.call<MessageAccepted>(
      'POST',
      `/sessions/${session.id}/operators/messages`,
      { body: 'Good day', replyToMessageId: sent.body.id },
      olga.header,
    );
    expect(answer.status).toBe(201);
    expect((await patch(`/messages/${answer.body.id}`, olga, { body: 'Good evening' })).status).toBe(204);
    expect((await app.call('DELETE', `/messages/${answer.body.id}`, [], olga.header)).status).toBe(204);
    expect((await app.call('DELETE', `/sessions/${session.id}`, { result: 'done' }, olga.header)).status).toBe(204);

    await expect
      .poll(() => live.events.map(({ event }) => event))
      .toEqual([
        'chatMessageCreated',
        'chatMessageCreated',
        'chatMessageRead',
        'showTypingIndicator',
        'operatorChanged',
        'chatMessageCreated',
        'chatMessageEdited',
        'chatMessageDeleted',
        'sessionClosed',
      ]);
    const [, , read, typing, changed, created, edited, deleted, closed] = live.events.map(({ data }) => data);
    expect(read).toMatchObject({ messageId: sent.body.id });
    expect(typing).toEqual({ authorType: 'OPERATOR' });
    expect(changed).toMatchObject({
      operatorId: String(olga.id),
      operatorName: 'Olga',
      avatar: null,
      previousOperatorName: 'Bot',
      previousOperatorAvatar: null,
    });
    expect(created).toMatchObject({
      authorType: 'OPERATOR',
      authorId: String(olga.id),
      body: 'Good day',
      replyId: sent.body.id,
      replyToMessage: { authorType: 'CLIENT', body: 'help' },
    });
    expect(edited).toMatchObject({ id: answer.body.id, body: 'Good evening' });
    expect(deleted).toMatchObject({ id: answer.body.id });
    expect(closed).toMatchObject({ sessionId: session.id, sessionRatingRequired: true });

    expect(await details(session.id)).toMatchObject({
      status: 'CLOSED',
      operatorId: String(olga.id),
      operatorType: 'OPERATOR',
      botStatus: 'OPERATOR',
      operatorResult: 'done',
      unreadClientMessageCount: 0,
    });
    expect((await messages(session.id)).map(({ body }) => body)).not.toContain('Good day');
    const { text } = await log(session.id);
    expect(text).not.toContain('Good day');
  });

  it('is switched, added and removed; who is left goes on', async () => {
    const session = await app.start(await app.chat(echoBlocks));
    const operators = `/sessions/${session.id}/operators`;
    expect((await patch(`${operators}/${olga.id}`, ivan)).status).toBe(204);
    expect(await details(session.id)).toMatchObject({ operatorId: String(olga.id) });
    expect((await app.call('PUT', `${operators}/${ivan.id}`, [], olga.header)).status).toBe(200);
    expect(await details(session.id)).toMatchObject({ operatorId: String(olga.id) });
    expect((await app.call('DELETE', `${operators}/${olga.id}`, [], olga.header)).status).toBe(204);
    const after = await details(session.id);
    expect(after).toMatchObject({ operatorId: String(ivan.id), operatorName: 'Ivan' });
    expect(after.operators.map(({ id, name }) => [id, name])).toEqual([
      [null, 'Bot'],
      [ivan.id, 'Ivan'],
    ]);
    const stranger = await app.call('DELETE', `${operators}/${olga.id}`, [], olga.header);
    expect([stranger.status, stranger.headers.get('x-error-code')]).toEqual([422, 'operator-not-in-session']);
    expect((await patch(`${operators}/999999`)).status).toBe(404);
  });

  it('gives the session back to the script the chat has for that, and to any bot by its id', async () => {
    const back = await app.bot({
      start: { type: 'start', next: 'back' },
      back: { type: 'question', text: 'I am back' },
    });
    const session = await app.start(await app.chat(echoBlocks, { sessionReloadBotId: back }));
    await patch(`/sessions/${session.id}/operators/${olga.id}`);
    await app.call('DELETE', `/sessions/${session.id}/operators/${olga.id}`, [], olga.header);
    expect(await details(session.id)).toMatchObject({ operatorType: 'BOT', operatorId: back, botStatus: 'WAIT' });
    expect((await messages(session.id)).at(-1)?.body).toBe('I am back');
    await patch(`/sessions/${session.id}/operators/${olga.id}`);
    expect((await patch(`/sessions/${session.id}/operators/${back}`)).status).toBe(204);
    expect((await patch(`/sessions/${session.id}/operators/${crypto.randomUUID()}`)).status).toBe(404);
    expect(await details(session.id)).toMatchObject({ operatorType: 'BOT', operatorId: back });
  });

  it('may correct its own words only, a supervisor those of all', async () => {
    const session = await app.start(await app.chat(echoBlocks));
    const { body } = await app.call<MessageAccepted>(
      'POST',
      `/sessions/${session.id}/operators/messages`,
      { body: 'Mine' },
      olga.header,
    );
    expect((await patch(`/messages/${body.id}`, ivan, { body: 'Yours' })).status).toBe(403);
    expect((await app.call('PATCH', `/messages/${body.id}`, { body: 'Ours' }, app.admin)).status).toBe(204);
    const said = await messages(session.id);
    expect(said.find(({ id }) => id === body.id)).toMatchObject({ body: 'Ours', updatedAt: expect.any(String) });
    const [first] = said;
    expect((await app.call('PATCH', `/messages/${first?.id}`, { body: 'x' }, app.admin)).status).toBe(403);
    expect((await app.call('DELETE', `/messages/${crypto.randomUUID()}`, [], app.admin)).status).toBe(404);
  });

  it('sends a message once however often it is repeated', async () => {
    const session = await app.start(await app.chat(echoBlocks));
    const send = () =>
      app.call<MessageAccepted>(
        'POST',
        `/sessions/${session.id}/operators/messages`,
        { body: 'Once' },
        {
          ...olga.header,
          'idempotency-key': 'a key of the back end',
        },
      );
    const [one, two] = [await send(), await send()];
    expect([one.status, two.status, two.headers.get('idempotent-replay')]).toEqual([201, 200, 'true']);
    expect(two.body).toEqual(one.body);
  });
});

describe('a transfer to a group', () => {
  it('goes to the least loaded member who is online; nobody: the help list, and the client is told', async () => {
    const { body: group } = await app.call<{ id: string }>(
      'POST',
      '/groups',
      { name: 'First line', operatorIds: [olga.id, ivan.id], timerFirstAnswer: 45 },
      app.admin,
    );
    const chatId = await app.chat(echoBlocks, {
      operatorsBusyMessage: 'All are busy',
      timerFirstAnswer: 90,
      timerNextAnswers: 30,
    });
    const toGroup = async () => {
      const session = await app.start(chatId);
      expect((await patch(`/sessions/${session.id}/groupoperators/${group.id}`)).status).toBe(204);
      return details(session.id);
    };
    const waiting = await toGroup();
    expect(waiting).toMatchObject({ operatorType: 'OPERATOR', operatorId: '', handOver: { groupId: group.id } });
    expect(waiting.handOver?.notFoundAt).not.toBeNull();
    expect(waiting.lastMessage?.body).toBe('All are busy');
    expect(waiting).toMatchObject({ timerFirstAnswer: 45, timerNextAnswers: 30 });

    await patch('/users/me/activate', olga);
    // Whoever comes online gets what waits for help.
    await expect.poll(async () => (await details(waiting.id)).operatorName).toBe('Olga');
    await app.call('DELETE', `/sessions/${waiting.id}`, {}, app.admin);
    await patch('/users/me/activate', ivan);
    const takers = [await toGroup(), await toGroup(), await toGroup(), await toGroup()].map(
      ({ operatorName }) => operatorName,
    );
    expect(takers.filter((name) => name === 'Ivan').length).toBe(2);
    await patch('/users/me/deactivate', ivan, { status: 'PAUSE' });
    expect((await toGroup()).operatorName).toBe('Olga');
    await patch('/users/me/deactivate', olga, {});
    expect((await patch(`/sessions/${waiting.id}/groupoperators/${crypto.randomUUID()}`)).status).toBe(404);
  });

  it('leaves an operator who does not answer in time', async () => {
    await patch('/users/me/activate', ivan);
    const session = await app.start(await app.chat(echoBlocks, { allowableOperatorIdleTime: 1 }));
    await patch(`/sessions/${session.id}/operators/${olga.id}`);
    await app.call('POST', `/sessions/${session.id}/clients/messages`, { body: 'hello?' });
    await expect.poll(async () => (await details(session.id)).operatorName).toBe('Ivan');
    await patch('/users/me/deactivate', ivan, {});
  });
});

describe('the end of a session', () => {
  it('lets the script follow that the chat has for it, once', async () => {
    const survey = await app.bot({
      start: { type: 'start', next: 'ask' },
      ask: { type: 'question', text: 'How was it?', default: 'end' },
      end: { type: 'end', text: 'Thank you' },
    });
    const session = await app.start(await app.chat(echoBlocks, { operatorEndedBotId: survey, botEndedBotId: survey }));
    await patch(`/sessions/${session.id}/operators/${olga.id}`);
    await app.call('DELETE', `/sessions/${session.id}`, { result: 'solved' }, olga.header);
    expect(await details(session.id)).toMatchObject({
      status: 'ACTIVE',
      operatorType: 'BOT',
      operatorResult: 'solved',
    });
    await app.call('POST', `/sessions/${session.id}/clients/messages`, { body: 'good' });
    // The end of the survey is the end of a bot: its own script follows, once.
    expect(await details(session.id)).toMatchObject({ status: 'ACTIVE' });
    await app.call('POST', `/sessions/${session.id}/clients/messages`, { body: 'good' });
    expect(await details(session.id)).toMatchObject({ status: 'CLOSED' });
  });

  it('spam closes without a rating; the mark can be taken back', async () => {
    const session = await app.start(await app.chat(echoBlocks, { sessionRatingRequired: true }));
    expect((await patch(`/sessions/${session.id}/spam`)).status).toBe(204);
    expect(await details(session.id)).toMatchObject({ markedAsSpam: true, status: 'CLOSED' });
    const { events } = await log(session.id);
    expect(events.at(-1)).toMatchObject({ event: 'sessionClosed', data: { sessionRatingRequired: false } });
    await patch(`/sessions/${session.id}/notSpam`);
    expect(await details(session.id)).toMatchObject({ markedAsSpam: false, status: 'CLOSED' });
  });

  it('a name keeps what the path had, slashes too', async () => {
    const session = await app.start(await app.chat(echoBlocks));
    const name = 'Заказ 7/12 (50%)';
    expect((await patch(`/sessions/${session.id}/names/${encodeURI(name)}`)).status).toBe(204);
    expect((await details(session.id)).name).toBe(name);
  });

  it('a rating is taken once within the scale, asked for live in the middle', async () => {
    const session = await app.start(
      await app.chat(echoBlocks, { ratingType: '10', ratingText: 'Well?', sessionRatingTriggerTime: 1 }),
    );
    using live = await watch(session.id);
    await expect.poll(() => live.events.map(({ event }) => event)).toEqual(['ratingRequested']);
    expect(live.events[0]?.data).toMatchObject({ ratingType: '10', ratingText: 'Well?' });
    const rate = (rating: number) => app.call('PUT', `/sessions/${session.id}/rating`, { rating });
    expect([(await rate(9)).status, (await rate(11)).status, (await rate(10)).status]).toEqual([204, 400, 204]);
    expect((await details(session.id)).rating).toBe(10);
  });
});

async function log(id: string): Promise<{ events: Envelope[]; text: string }> {
  const { body } = await app.call<{ items: Envelope[] }>('GET', `/sessions/${id}/events?limit=1000`);
  return { events: body.items, text: JSON.stringify(body) };
}
