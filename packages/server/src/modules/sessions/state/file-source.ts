import type { Attachment } from '@molva/contract';
import type { Caller } from '../../../platform/route.ts';

/** Who sends a file: a user of the company, or whoever holds the session. */
export type Uploader = { readonly kind: 'user'; readonly userId: number } | { readonly kind: 'holder' };

/** Where files are wanted, and by whom. They are found where that is where they belong. */
export interface FileUse {
  readonly companyId: number;
  /** Null where the session begins with them. */
  readonly sessionId: string | null;
  readonly uploader: Uploader;
}

/** Finds the files a message names; throws `invalid-input` about the field for those that do not exist there. */
export type FileSource = (ids: readonly string[], use: FileUse, field: string) => Promise<Attachment[]>;

/** Who a caller is to the files of a company: a user of another one is nobody but a holder. */
export function uploaderOf({ user }: Pick<Caller, 'user'>, companyId: number): Uploader {
  return user?.companyId === companyId ? { kind: 'user', userId: user.id } : { kind: 'holder' };
}
