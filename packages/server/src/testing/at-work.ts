import type { EventPage, ListPage, Message, Session } from '@molva/contract';
import type { FakeClock } from './fake-clock.ts';
import type { Answered, Operator, TestApp } from './test-app.ts';

/** An event of a session's log. */
export type LoggedEvent = EventPage['items'][number];

/** What tests of who answers do to an application, and see of it, over its calls. */
export interface AtWork {
  details(sessionId: string): Promise<Session>;
  said(sessionId: string): Promise<string[]>;
  /** The data of a session's events of a name, in order. */
  events(sessionId: string, name: string): Promise<LoggedEvent['data'][]>;
  send(sessionId: string, body: string): Promise<Answered>;
  /** Says something as an operator. */
  answer(sessionId: string, by: Operator, body: string): Promise<Answered>;
  /** A call of the administrator, about a session. */
  act(method: string, sessionId: string, what: string): Promise<Answered>;
  online(...operators: Operator[]): Promise<void>;
  offline(...operators: Operator[]): Promise<void>;
  /** Creates a group; answers its id. */
  group(...operators: Operator[]): Promise<string>;
  /** Creates a bot that somebody else runs; answers its id. */
  webhookBot(url: string, more?: Record<string, unknown>): Promise<string>;
  /** Creates a chat whose bot somebody else runs; answers its id. */
  webhookChat(url: string, settings?: Record<string, unknown>): Promise<string>;
}

/** A bot that asks for people of a group with its first words; null: of the company. */
export function handsOver(group: string | null, more: Record<string, unknown> = {}): Record<string, unknown> {
  const people = { type: 'operator', ...(group === null ? {} : { group }), ...more };
  return { start: { type: 'start', next: 'people' }, people };
}

/** Lets time creep on, so that what is due now is done: so slowly that it changes nothing else. */
export function creep(clock: FakeClock): Disposable {
  const ticks = setInterval(() => clock.advance(1), 5);
  return { [Symbol.dispose]: () => clearInterval(ticks) };
}

/** Lets time pass second by second, with a moment after each for what has come due. */
export async function pass(clock: FakeClock, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed++) {
    clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Sees and does over the calls of an application. */
export function atWork(app: TestApp): AtWork {
  const { admin } = app;
  const created = async (path: string, body: unknown): Promise<string> => {
    const answer = await app.call<{ id: string }>('POST', path, body, admin);
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
    return answer.body.id;
  };
  const status = async (operators: readonly Operator[], what: string): Promise<void> => {
    for (const { header } of operators) await app.call('PATCH', `/users/me/${what}`, {}, header);
  };
  let groups = 0;
  const webhookBot: AtWork['webhookBot'] = (url, more = {}) =>
    created('/bots', { name: 'Hook', webhook: { url, secret: 'a secret of sixteen and more', ...more } });
  return {
    details: async (id) => (await app.call<Session>('GET', `/sessions/${id}`, undefined, admin)).body,
    said: async (id) =>
      (await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages?limit=100`)).body.items.map(
        ({ body }) => body,
      ),
    events: async (id, name) =>
      (await app.call<EventPage>('GET', `/sessions/${id}/events?limit=1000`)).body.items
        .filter(({ event }) => event === name)
        .map(({ data }) => data),
    send: (id, body) => app.call('POST', `/sessions/${id}/clients/messages`, { body }),
    answer: (id, by, body) => app.call('POST', `/sessions/${id}/operators/messages`, { body }, by.header),
    act: (method, id, what) => app.call(method, `/sessions/${id}${what}`, [], admin),
    online: (...operators) => status(operators, 'activate'),
    offline: (...operators) => status(operators, 'deactivate'),
    group: (...operators) => {
      const operatorIds = operators.map(({ id }) => id);
      return created('/groups', { name: `Group ${++groups}`, operatorIds });
    },
    webhookBot,
    webhookChat: async (url, settings = {}) =>
      created('/chats', { name: 'Chat', botId: await webhookBot(url), ...settings }),
  };
}
