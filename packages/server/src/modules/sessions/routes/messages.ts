import { operations, wireDate, type Attachment, type ClientMessageBody } from '@molva/contract';
import { notFound } from '../../../platform/failure.ts';
import { done, ok, route, userOf, type Answer, type Route } from '../../../platform/route.ts';
import { idempotencyKey, type IncomingMessage } from '../answering/client-message.ts';
import type { Accepted } from '../answering/repeats.ts';
import type { Sessions } from '../service.ts';
import type { FileSource } from '../state/file-source.ts';
import { messageView } from '../messages/view.ts';

/** The calls of the module. */
export function messageRoutes(sessions: Sessions, files: FileSource): Route[] {
  const { people, messages, corrections } = sessions;
  const filesOf = async (references: ClientMessageBody['attachments'], companyId: number): Promise<Attachment[]> => {
    const ids = (references ?? []).map((file) => (typeof file === 'string' ? file : file.id));
    return ids.length === 0 ? [] : files(ids, companyId, 'attachments');
  };
  const read = async (
    body: ClientMessageBody,
    companyId: number,
    key: string | undefined,
  ): Promise<IncomingMessage> => ({
    body: body.body,
    attachments: await filesOf(body.attachments, companyId),
    replyToMessageId: body.replyToMessageId,
    key: idempotencyKey(body.clientMessageId, key),
  });
  return [
    route(operations.sendClientMessage, async (call) => {
      const session = await sessions.enter(call.params.sessionId, call.caller);
      const incoming = await read(call.body, session.companyId, call.header('idempotency-key'));
      return accepted(await sessions.acceptMessage(session, incoming));
    }),
    route(operations.sendOperatorMessage, async (call) => {
      const session = await sessions.enter(call.params.sessionId, call.caller);
      const incoming = await read(call.body, session.companyId, call.header('idempotency-key'));
      return accepted(await people.say(session, userOf(call), incoming));
    }),
    route(operations.listMessages, async (call) => {
      const { query } = call;
      const session = await sessions.enter(call.params.sessionId, call.caller);
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
      const session = await sessions.enterByMessage(messageId, call.caller);
      await corrections.read(messageId, session.id, call.caller.user !== null);
      return done;
    }),
    route(operations.editMessage, async (call) => {
      const user = userOf(call);
      const { body, attachments } = call.body;
      const given = attachments === undefined ? undefined : await filesOf(attachments, user.companyId);
      await corrections.edit(call.params.messageId, user, body, given);
      return done;
    }),
    route(operations.deleteMessage, async (call) => {
      await corrections.delete(call.params.messageId, userOf(call));
      return done;
    }),
  ];
}

function accepted({ id, createdAt, seq, eventSeq, replayed }: Accepted): Answer {
  const body = { id, createdAt: wireDate(createdAt), seq, eventSeq };
  return replayed ? { status: 200, body, headers: { 'idempotent-replay': 'true' } } : { status: 201, body };
}
