import { operations, Session, type BodyOf, type ParamsOf } from '@molva/contract';
import { pickFields } from '../../../platform/list.ts';
import { done, ok, route, userOf, type Answer, type Call, type Caller, type Route } from '../../../platform/route.ts';
import type { Sessions } from '../service.ts';
import type { HotSession } from '../state/session.ts';
import { holderView } from '../lists/view.ts';

const fields = Object.keys(Session.properties);

type StartOperation = typeof operations.startSession | typeof operations.continueSession;

/** The calls of the module. */
export function sessionRoutes(sessions: Sessions): Route[] {
  return [...conversationRoutes(sessions), ...peopleRoutes(sessions)];
}

/** What clients and readers call. */
function conversationRoutes(sessions: Sessions): Route[] {
  return [
    route(operations.startSession, (call) => start(sessions, call, false)),
    route(operations.continueSession, (call) => start(sessions, call, true)),
    route(operations.listSessions, async (call) => ok(await sessions.page(userOf(call).companyId, call.query))),
    route(operations.getSession, async (call) => {
      const session = await sessions.enter(call.params.sessionId, call.caller);
      const { user } = call.caller;
      const view = user === null ? holderView(session) : await sessions.details(session.id, user.companyId);
      return ok(pickFields<object>([view], call.query.fields, fields)[0]);
    }),
    route(operations.listEvents, async (call) => {
      const session = await sessions.act(call.params.sessionId, call.caller);
      const { after = 0, limit = 100 } = call.query;
      return ok(await sessions.store.eventsAfter(session.id, after, limit));
    }),
    route(operations.typeInSession, async (call) => {
      const session = await sessions.act(call.params.sessionId, call.caller);
      if (call.caller.user === null) await sessions.client.typing({ id: session.id });
      else await sessions.people.typing(session);
      return done;
    }),
    route(operations.rateSession, async (call) => {
      const session = await sessions.act(call.params.sessionId, call.caller);
      await sessions.client.rateSession({ ...call.body, id: session.id });
      return done;
    }),
    route(operations.revokeSessionTokens, async (call) => {
      await sessions.revokeTokens(await sessions.enter(call.params.sessionId, call.caller));
      return done;
    }),
  ];
}

/** What people call. */
function peopleRoutes(sessions: Sessions): Route[] {
  const { people } = sessions;
  const of = (call: { params: { sessionId: string }; caller: Caller }): Promise<HotSession> =>
    sessions.enter(call.params.sessionId, call.caller);
  return [
    route(operations.closeSession, async (call) => {
      await people.close(await of(call), call.body.result);
      return done;
    }),
    route(operations.renameSession, async (call) => {
      await people.rename(await of(call), call.params.newName);
      return done;
    }),
    route(operations.switchOperator, async (call) => {
      await people.switchTo(await of(call), call.params.operatorId, userOf(call));
      return done;
    }),
    route(operations.addOperator, async (call) => {
      await people.add(await of(call), call.params.operatorId);
      return { status: 200 };
    }),
    route(operations.removeOperator, async (call) => {
      await people.remove(await of(call), call.params.operatorId);
      return done;
    }),
    route(operations.switchGroup, async (call) => {
      await people.switchToGroup(await of(call), call.params.groupId);
      return done;
    }),
    route(operations.markSpam, async (call) => {
      await people.markSpam(await of(call), true);
      return done;
    }),
    route(operations.unmarkSpam, async (call) => {
      await people.markSpam(await of(call), false);
      return done;
    }),
  ];
}

async function start(sessions: Sessions, call: Call<StartOperation>, continues: boolean): Promise<Answer> {
  const { chatId } = call.params as ParamsOf<StartOperation>;
  const body = call.body as BodyOf<StartOperation>;
  const key = call.header('idempotency-key');
  const outcome = await sessions.start({ chatId, body, caller: call.caller, key, continues });
  return {
    status: outcome.created ? 201 : 200,
    body: outcome.started,
    ...(outcome.replayed ? { headers: { 'idempotent-replay': 'true' } } : {}),
  };
}
