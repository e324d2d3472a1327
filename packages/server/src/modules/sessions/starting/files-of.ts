import { uploaderOf, type FileSource } from '../state/file-source.ts';
import type { StartRequest } from './request.ts';

/** The request with the files of its message, which belong to a session, or to none yet. */
export async function withFiles(
  files: FileSource,
  request: StartRequest,
  sessionId: string | null,
): Promise<StartRequest> {
  const { incoming, fileIds, chat, caller } = request;
  if (incoming === null || fileIds.length === 0) return request;
  const use = { companyId: chat.companyId, sessionId, uploader: uploaderOf(caller, chat.companyId) };
  return { ...request, incoming: { ...incoming, attachments: await files(fileIds, use, 'messageAttachments') } };
}
