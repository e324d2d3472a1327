import { operations, wireDate, type Attachment, type ClientMessageBody, type Operation } from '@molva/contract';
import { notFound } from '../../../platform/failure.ts';
import { done, ok, route, userOf, type Answer, type Call, type Caller, type Route } from '../../../platform/route.ts';
import { idempotencyKey, type IncomingMessage } from '../answering/client-message.ts';
import type { Accepted } from '../answering/accepted.ts';
import type { Sessions } from '../service.ts';
import { uploaderOf, type FileSource } from '../state/file-source.ts';
import type { HotSession } from '../state/session.ts';
import { messageView } from '../messages/view.ts';

/** The calls of the module. */
export function messageRoutes(sessions: Sessions, files: FileSource): Route[] {
  const { people, messages, corrections } = sessions;
  const filesOf = async (
    references: ClientMessageBody['attachments'],
    { id: sessionId, companyId }: Pick<HotSession, 'id' | 'companyId'>,
    caller: Caller,
  ): Promise<Attachment[]> => {
    const ids = (references ?? []).map((file) => (typeof file === 'string' ? file : file.id));
    const use = { companyId, sessionId, uploader: uploaderOf(caller, companyId) };
    return ids.length === 0 ? [] : files(ids, use, 'attachments');
  };
  const read = async (
    { body, caller, header }: { body: ClientMessageBody } & Pick<Call<Operation>, 'caller' | 'header'>,
    session: HotSession,
  ): Promise<IncomingMessage> => ({
    body: body.body,
    attachments: await filesOf(body.attachments, session, caller),
    replyToMessageId: body.replyToMessageId,
    key: idempotencyKey(body.clientMessageId, header('idempotency-key')),
  });
  return [
    route(operations.sendClientMessage, async (call) => {
      const session = await sessions.enter(call.params.sessionId, call.caller);
      const incoming = await read(call, session);
      return accepted(await sessions.acceptMessage(session, incoming));
    }),
    route(operations.sendOperatorMessage, async (call) => {
      const session = await sessions.enter(call.params.sessionId, call.caller);
      const incoming = await read(call, session);
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
        ? await filesOf(attachments, await sessions.enterByMessage(messageId, call.caller), call.caller)
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

function accepted({ id, createdAt, seq, eventSeq, replayed }: Accepted): Answer {
  const body = { id, createdAt: wireDate(createdAt), seq, eventSeq };
  return replayed ? { status: 200, body, headers: { 'idempotent-replay': 'true' } } : { status: 201, body };
}
