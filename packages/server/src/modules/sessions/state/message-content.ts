import { badField } from '../../../platform/failure.ts';
import { showsNothing } from '../../../platform/text.ts';

/** A message is text or files, or both. */
export function checkContent(body: string, attachments: readonly unknown[], field: string): void {
  if (attachments.length === 0 && showsNothing(body)) throw badField(field, 'may be empty only beside an attachment');
}
