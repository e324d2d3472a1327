import { wireDate, type Attachment } from '@molva/contract';
import type { Ids } from '../../../platform/ids.ts';

/** A file as a bot names it: by its address, absolute or a path of this server. */
export interface LinkedFile {
  readonly name: string;
  readonly url: string;
  readonly contentType: string;
  readonly size: number;
}

/** A file by address in the form of an attachment; it is nobody's upload, so its id is made up. */
export function linkedAttachment(file: LinkedFile, publicUrl: string, ids: Ids, now: number): Attachment {
  const url = file.url.startsWith('/') ? publicUrl + file.url : file.url;
  const dot = file.name.lastIndexOf('.');
  const extension = dot > 0 ? file.name.slice(dot + 1) : '';
  return {
    id: ids.uuid4(),
    contentType: file.contentType,
    size: file.size,
    downloadLink: url,
    name: file.name,
    url,
    isPrivate: false,
    createdAt: wireDate(now),
    baseName: dot > 0 ? file.name.slice(0, dot) : file.name,
    extension,
    suggestedExtension: extension,
    sugestedExtension: extension,
    path: '',
  };
}
