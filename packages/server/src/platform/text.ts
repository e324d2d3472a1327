/**
 * Where a text is that no database can store: a NUL, or half of a surrogate pair. The path is that of the field, `''`
 * for the value itself; undefined where every text is whole.
 */
export function brokenTextIn(value: unknown, at = ''): string | undefined {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? at : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const path = at === '' ? name : `${at}.${name}`;
    const broken = brokenTextIn(name, at) ?? brokenTextIn(inner, path);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

/** A text without what no database can store: NULs are left out, and halves of surrogate pairs replaced. */
export function wholeText(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/** What is said of a field with such a text. */
export const BROKEN_TEXT = 'must be well-formed text without the character U+0000';
