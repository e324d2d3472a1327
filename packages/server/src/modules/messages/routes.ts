import { operations, wireDate } from '@molva/contract';
import { notFound } from '../../platform/failure.ts';
import { ok, route, type Route } from '../../platform/route.ts';
import { idempotencyKey, type FileSource, type Sessions } from '../sessions/index.ts';
import type { MessageStore } from './store.ts';
import { messageView } from './view.ts';

/** The calls of the module. */
export function messageRoutes(sessions: Sessions, messages: MessageStore, files: FileSource): Route[] {
  return [
    route(operations.sendClientMessage, async (call) => {
      const session = await sessions.enter(call.params.sessionId, call.caller);
      const { body, attachments = [], replyToMessageId, clientMessageId } = call.body;
      const ids = attachments.map((file) => (typeof file === 'string' ? file : file.id));
      const accepted = await sessions.acceptMessage(session, {
        body,
        attachments: ids.length === 0 ? [] : await files(ids, session.companyId, 'attachments'),
        replyToMessageId,
        key: idempotencyKey(clientMessageId, call.header('idempotency-key')),
      });
      const { id, createdAt, seq, eventSeq } = accepted;
      const answer = { id, createdAt: wireDate(createdAt), seq, eventSeq };
      return accepted.replayed
        ? { status: 200, body: answer, headers: { 'idempotent-replay': 'true' } }
        : { status: 201, body: answer };
    }),
    route(operations.listMessages, async (call) => {
      const { query } = call;
      const session = await sessions.enter(call.params.sessionId, call.caller);
      if (query.companyId !== undefined && query.companyId !== session.companyId) throw notFound();
      return ok(await messages.ofSession(session.id, query, messageView));
    }),
  ];
}
