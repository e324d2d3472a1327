import { operations, Session, type BodyOf, type ParamsOf } from '@molva/contract';
import { badField } from '../../platform/failure.ts';
import { pickFields } from '../../platform/list.ts';
import { done, ok, route, userOf, type Answer, type Call, type Route } from '../../platform/route.ts';
import type { Chats } from '../chats/index.ts';
import { idempotencyKey } from './client-message.ts';
import type { Sessions } from './service.ts';
import { holderView, sessionView } from './view.ts';

const fields = Object.keys(Session.properties);
/** A key that opens a session again must not be guessable. */
const SHORTEST_START_KEY = 16;

type StartOperation = typeof operations.startSession | typeof operations.continueSession;

/** The calls of the module. */
export function sessionRoutes(sessions: Sessions, chats: Chats): Route[] {
  return [
    route(operations.startSession, (call) => start(sessions, call, false)),
    route(operations.continueSession, (call) => start(sessions, call, true)),
    route(operations.listSessions, async (call) =>
      ok(
        await sessions.list.page(userOf(call).companyId, call.query, async (item) =>
          sessionView(item, await chats.evenDeleted(item.session.chatId)),
        ),
      ),
    ),
    route(operations.getSession, async (call) => {
      const session = await sessions.enter(call.params.sessionId, call.caller);
      if (call.caller.user === null) return ok(pickFields([holderView(session)], call.query.fields, fields)[0]);
      const details = await sessions.details(session.id, call.caller.user.companyId);
      const view = sessionView(details, await chats.evenDeleted(session.chatId));
      return ok(pickFields([view], call.query.fields, fields)[0]);
    }),
    route(operations.listEvents, async (call) => {
      const session = await sessions.enter(call.params.sessionId, call.caller);
      const limit = call.query.limit ?? 100;
      const found = await sessions.store.eventsAfter(session.id, call.query.after ?? 0, limit + 1);
      const items = found
        .slice(0, limit)
        .map(({ eventSeq, event, data, createdAt }) => ({ eventSeq, event, data, createdAt }));
      return ok({ items, hasMore: found.length > limit });
    }),
    route(operations.typeInSession, async (call) => {
      await sessions.checkOpen(await sessions.enter(call.params.sessionId, call.caller));
      return done;
    }),
  ];
}

async function start(sessions: Sessions, call: Call<StartOperation>, continues: boolean): Promise<Answer> {
  const header = call.header('idempotency-key');
  if (header !== undefined && header.length < SHORTEST_START_KEY) {
    throw badField('Idempotency-Key', `must be at least ${SHORTEST_START_KEY} characters, best a random UUID`);
  }
  const { chatId } = call.params as ParamsOf<StartOperation>;
  const body = call.body as BodyOf<StartOperation>;
  const key = idempotencyKey(body.clientMessageId, header);
  const outcome = await sessions.start({ chatId, body, caller: call.caller, key, continues });
  return {
    status: outcome.created ? 201 : 200,
    body: outcome.started,
    ...(outcome.replayed ? { headers: { 'idempotent-replay': 'true' } } : {}),
  };
}
