import type { SessionStarted } from '@molva/contract';
import { json, startReceiver } from '../receiver.ts';
import type { TestApp } from '../test-app.ts';
import { createCrew, nobody, type Crew } from './tenant.ts';

/** A company where everything that can happen to a conversation has happened to one. */
export interface Lively extends AsyncDisposable {
  readonly crew: Crew;
  readonly chats: readonly string[];
  /** Sessions by what happened to them. */
  readonly sessions: Readonly<Record<string, SessionStarted>>;
  readonly bots: readonly string[];
  readonly dialogs: readonly string[];
  /** Answers of dialog calls, as they came. */
  readonly dialogAnswers: readonly unknown[];
}

/** A bot that says everything a bot can say at once. */
const talkative = {
  start: { type: 'start', next: 'offer' },
  offer: {
    type: 'question',
    text: 'Choose',
    variable: 'said',
    answers: ['One', 'Two'],
    keyboard: { buttonsInRow: 2, buttons: ['One', 'Two'] },
    actions: [{ type: 'button', event: 'click_action', label: 'Press', data: '{"key":"value"}' }, { type: 'hint' }],
    attachments: [{ name: 'a.png', url: 'https://example.com/a.png', contentType: 'image/png', size: 10 }],
    branches: [{ exact: ['bye'], next: 'end' }],
    default: 'offer',
  },
  end: { type: 'end', text: 'Bye' },
};

const everything = {
  sessionTtl: 120,
  operatorsBusyMessage: 'All are busy',
  allowableOperatorIdleTime: 60,
  sessionRatingRequired: true,
  sessionRatingTriggerTime: 30,
  answerOnFirstClientMessage: true,
  eventCallbackUrl: 'http://127.0.0.1:1/events',
  eventCallbackData: 'shop 1',
  notifyOnEvents: ['SESSION_CLOSED', 'chatMessageCreated'],
  fcmServerKey: 'key',
  fcmServiceUrl: 'http://127.0.0.1:1/push',
  pushData: { value: 'v', action: 'a' },
  knowledgeBase: 'base',
  form: { fields: [] },
  references: { WHATSAPP: 'https://wa.example' },
  appearance: { 'buttonStyle.background-color': '#0f766e' },
  results: ['solved', { name: 'later' }],
  timerFirstAnswer: 60,
  timerNextAnswers: 120,
  messengers: { ALICE: { authToken: '' } },
  ratingType: '10',
};
/** What an older client sends where it has nothing to say. */
const empty = {
  pushData: [],
  form: [],
  references: [],
  appearance: [],
  results: [],
  messengers: [],
  notifyOnEvents: [],
};

/** Makes it all; it takes some hundred calls. */
export async function createLively(app: TestApp): Promise<Lively> {
  const opened = new AsyncDisposableStack();
  const crew = opened.use(await createCrew(app));
  const { tenant, operator } = crew;
  const hook = opened.use(
    await startReceiver((_call, response) =>
      json(response, { messages: [{ body: 'Hi' }], variables: { count: 1, ratio: 0.5 }, result: { ok: true } }),
    ),
  );
  const id = async (path: string, body: unknown, method = 'POST'): Promise<string> =>
    (await tenant.do<{ id: string }>(method, path, body)).id;

  const scenario = { version: 1, language: 'en', start: 'start', blocks: talkative };
  const botId = await id('/bots', { name: 'Talker', scenario });
  const webhook = { url: hook.url, secret: 'a secret of sixteen and more' };
  const hookId = await id('/bots', { name: 'Hook', language: 'ru', webhook });
  const gone = await id('/bots', { name: 'Gone', scenario });
  const plain = await id('/chats', { name: 'Plain', botId });
  const full = await id('/chats', { name: 'Full', botId, sessionReloadBotId: hookId, ...everything });
  const bare = await id('/chats', { name: 'Bare', botId: hookId, ...empty });
  const orphan = await id('/chats', { name: 'Orphan', botId: gone, operatorsBusyMessage: 'Nobody is there' });
  const doomed = await id('/chats', { name: 'Doomed', botId });

  const start = (chatId: string, body: unknown = {}): Promise<SessionStarted> =>
    tenant.do('POST', `/chats/${chatId}/sessions`, body, nobody);
  const say = (sessionId: string, body: unknown): Promise<{ id: string }> =>
    tenant.do('POST', `/sessions/${sessionId}/clients/messages`, body, nobody);
  const answer = (sessionId: string, body: unknown): Promise<{ id: string }> =>
    tenant.do('POST', `/sessions/${sessionId}/operators/messages`, body, operator.header);

  const known = {
    name: 'Order 7',
    clientExternalId: 'customer-1',
    messengerType: 'WHATSAPP',
    messengerUserId: '79990001122',
    clientPhone: 79_990_001_122,
    referer: 'https://shop.example/cart',
    messageBody: 'hello',
  };
  const sessions = {
    fresh: await start(plain),
    silent: await start(full),
    known: await start(plain, known),
    hooked: await start(bare),
    waiting: await start(orphan),
    answered: await start(plain),
    closed: await start(full, { messageBody: 'hello' }),
    ended: await start(plain, { messageBody: 'bye' }),
    spam: await start(plain),
    banned: await start(plain),
    ofDeletedChat: await start(doomed, { messageBody: 'hello' }),
  };
  await tenant.do('DELETE', `/bots/${gone}`);
  await say(sessions.waiting.id, { body: 'anybody?' });

  const { id: toBot } = await say(sessions.answered.id, {
    body: 'to the bot',
    replyToMessageId: sessions.answered.messages[0]?.id,
  });
  const { id: first } = await answer(sessions.answered.id, { body: 'to the client', replyToMessageId: toBot });
  const { id: last } = await say(sessions.answered.id, { body: 'to the operator', replyToMessageId: first });
  await tenant.do('PATCH', `/messages/${first}/read`, undefined, nobody);
  await tenant.do('PATCH', `/messages/${last}/read`, undefined, operator.header);
  await tenant.do('PATCH', `/messages/${first}`, { body: 'better' }, operator.header);
  const { id: taken } = await answer(sessions.answered.id, { body: 'a mistake' });
  await tenant.do('DELETE', `/messages/${taken}`, undefined, operator.header);
  await say(sessions.answered.id, { body: 'and then?' });

  await answer(sessions.closed.id, { body: 'done' });
  await tenant.do('DELETE', `/sessions/${sessions.closed.id}`, { result: 'solved' });
  await tenant.do('PUT', `/sessions/${sessions.closed.id}/rating`, { rating: 10, comment: 'Quick' }, nobody);
  await tenant.do('PATCH', `/sessions/${sessions.spam.id}/spam`);
  await tenant.do('PATCH', `/clients/${sessions.banned.clientId}/ban`);
  for (const [path, name] of [
    [`/sessions/${sessions.known.id}`, 'VIP'],
    [`/clients/${sessions.known.clientId}`, 'Debtor'],
  ]) {
    await tenant.do('PUT', `${path}/tags/${await id('/tags', { name })}`);
  }
  const groupId = await id('/groups', { name: 'Nobody', timerFirstAnswer: 5 });
  await tenant.do('PATCH', `/sessions/${sessions.hooked.id}/groupoperators/${groupId}`);
  await tenant.do('DELETE', `/chats/${doomed}`);

  const dialog = (path: string, body: unknown): Promise<{ dialogId: string }> =>
    tenant.do('POST', `/dialogs${path}`, body);
  const variables = { list: [1, 'two'], map: { a: 1 }, nothing: null, flag: true, half: 0.5, 7: 'a number', '': 'x' };
  const begun = await dialog('', { botId, ttl: 600, variables, clientMetadata: [] });
  const replied = await dialog(`/${begun.dialogId}`, { message: 'One' });
  const later = { returnAnswerAsync: true, callbackUrl: 'http://127.0.0.1:1/answers', callbackData: 'data' };
  const called = await dialog('', { botId: hookId, ttl: 600, ...later });
  const reloaded = await dialog(`/${begun.dialogId}/reload`, { botId: hookId });
  const finished = await dialog('', { botId, ttl: 600, message: 'bye' });
  await tenant.do('POST', `/dialogs/${reloaded.dialogId}/finish`, []);
  for (const [name, value] of [
    ['text', 'x'],
    ['number', 7],
    ['flag', false],
    ['nothing', null],
  ]) {
    await id('/facts', { botId, clientId: sessions.known.clientId, context: 'orders', name, value }, 'PUT');
  }
  const blocked = await tenant.person('OPERATOR');
  await tenant.do('PATCH', `/users/${blocked.id}`, { blocked: true, phone: '+37120000000' });
  await tenant.do('PATCH', `/users/${operator.id}/settings`, { settings: { 'console.sound': false, own: 'x' } });
  await tenant.do('PATCH', '/users/me/activate', undefined, operator.header);
  return {
    crew,
    chats: [plain, full, bare, orphan],
    sessions,
    bots: [botId, hookId, gone],
    dialogs: [begun.dialogId, called.dialogId, finished.dialogId],
    dialogAnswers: [begun, replied, called, reloaded, finished],
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
