import type { Attachment, ClientMessageBody } from '@molva/contract';
import type { Holder } from '../../../platform/route.ts';
import { uploaderOf, type FileSource } from '../state/file-source.ts';
import type { HotSession } from '../state/session.ts';
import { idempotencyKey, type IncomingMessage } from './client-message.ts';

/** Where something is said. */
export type SaidIn = Pick<HotSession, 'id' | 'companyId'>;

/** The files that a caller names in a session; throws `invalid-input` for those that are not there for him. */
export async function filesOf(
  files: FileSource,
  references: ClientMessageBody['attachments'],
  { id: sessionId, companyId }: SaidIn,
  caller: Pick<Holder, 'user'>,
): Promise<Attachment[]> {
  const ids = (references ?? []).map((file) => (typeof file === 'string' ? file : file.id));
  const use = { companyId, sessionId, uploader: uploaderOf(caller, companyId) };
  return ids.length === 0 ? [] : files(ids, use, 'attachments');
}

/** What a caller says in a session, by whichever way it came. A key of its call goes before that of the message. */
export async function incomingOf(
  files: FileSource,
  said: ClientMessageBody,
  session: SaidIn,
  { caller, key }: { readonly caller: Pick<Holder, 'user'>; readonly key: string | undefined },
): Promise<IncomingMessage> {
  return {
    body: said.body,
    attachments: await filesOf(files, said.attachments, session, caller),
    replyToMessageId: said.replyToMessageId,
    key: idempotencyKey(said.clientMessageId, key),
  };
}
