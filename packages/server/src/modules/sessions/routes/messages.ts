import { operations } from '@molva/contract';
import { notFound } from '../../../platform/failure.ts';
import { done, ok, route, userOf, type Answer, type Route } from '../../../platform/route.ts';
import { acceptedView, type Accepted } from '../answering/accepted.ts';
import { filesOf, incomingOf } from '../answering/said.ts';
import type { Sessions } from '../service.ts';
import type { FileSource } from '../state/file-source.ts';
import { messageView } from '../messages/view.ts';

/** The calls of the module. */
export function messageRoutes(sessions: Sessions, files: FileSource): Route[] {
  const { people, messages, corrections } = sessions;
  return [
    route(operations.sendClientMessage, async (call) => {
      const session = await sessions.enter(call.params.sessionId, call.caller);
      const key = call.header('idempotency-key');
      return accepted(await sessions.takeMessage(session, call.body, call.caller, key));
    }),
    route(operations.sendOperatorMessage, async (call) => {
      const session = await sessions.enter(call.params.sessionId, call.caller);
      const key = call.header('idempotency-key');
      const incoming = await incomingOf(files, call.body, session, { caller: call.caller, key });
      return accepted(await people.say(session, userOf(call), incoming));
    }),
    route(operations.listMessages, async (call) => {
      const { query } = call;
      const session = await sessions.act(call.params.sessionId, call.caller);
      if (query.companyId !== undefined && query.companyId !== session.companyId) throw notFound();
      return ok(await messages.ofSession(session.id, query, messageView));
    }),
    route(operations.listClientMessages, async (call) => {
      const { companyId } = userOf(call);
      const { params, query } = call;
      const hidden = query.companyId !== undefined && query.companyId !== companyId;
      if (hidden || !(await messages.knowsClient(companyId, params.clientId))) throw notFound();
      return ok(await messages.ofClient(companyId, params.clientId, query, messageView));
    }),
    route(operations.readMessage, async (call) => {
      const { messageId } = call.params;
      const session = await sessions.actByMessage(messageId, call.caller);
      await corrections.read(messageId, session.id, call.caller.user !== null);
      return done;
    }),
    route(operations.editMessage, async (call) => {
      const user = userOf(call);
      const { messageId } = call.params;
      const { body, attachments } = call.body;
      const given = attachments?.length
        ? await filesOf(files, attachments, await sessions.enterByMessage(messageId, call.caller), call.caller)
        : attachments && [];
      await corrections.edit(messageId, user, body, given);
      return done;
    }),
    route(operations.deleteMessage, async (call) => {
      await corrections.delete(call.params.messageId, userOf(call));
      return done;
    }),
  ];
}

function accepted(message: Accepted): Answer {
  const body = acceptedView(message);
  return message.replayed ? { status: 200, body, headers: { 'idempotent-replay': 'true' } } : { status: 201, body };
}
