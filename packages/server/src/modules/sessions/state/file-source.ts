import type { Attachment } from '@molva/contract';

/** Finds the files a message names; throws `invalid-input` for those that do not exist. */
export type FileSource = (ids: readonly string[], companyId: number, field: string) => Promise<Attachment[]>;
