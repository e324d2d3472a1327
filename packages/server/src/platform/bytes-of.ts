/** Bytes of a slot that holds a number or a reference. */
const SLOT = 8;
const OBJECT = 32;
const STRING = 24;

/**
 * About how many bytes a value of plain data takes: texts, numbers, arrays, objects, nothing that points back to itself.
 * Texts count as those of an alphabet that needs two bytes a character.
 */
export function bytesOf(value: unknown): number {
  if (typeof value === 'string') return SLOT + STRING + 2 * value.length;
  if (typeof value !== 'object' || value === null) return SLOT;
  let bytes = SLOT + OBJECT;
  for (const one of Object.values(value)) bytes += bytesOf(one);
  return bytes;
}

/** How many bytes a record takes beyond the one that it was made from: what they have in common is not measured. */
export function bytesBeyond<Fields extends object>(record: Fields, before: Fields): number {
  let bytes = 0;
  for (const field in record) {
    if (record[field] !== before[field]) bytes += bytesOf(record[field]) - bytesOf(before[field]);
  }
  return bytes;
}
