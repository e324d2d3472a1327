import { badField } from '../../../platform/failure.ts';

/**
 * Characters that show nothing: spaces of every kind, marks of direction, fillers, the blank of Braille. Separators of lines
 * and paragraphs (U+2028, U+2029) are not among them: many programs show a mark for them.
 */
const BLANK = /^[\p{Zs}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** A message is text or files, or both. */
export function checkContent(body: string, attachments: readonly unknown[], field: string): void {
  if (attachments.length === 0 && BLANK.test(body)) throw badField(field, 'may be empty only beside an attachment');
}
