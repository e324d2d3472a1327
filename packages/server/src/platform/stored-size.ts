import { Failure } from './failure.ts';

/** Bytes of a value as JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/**
 * Throws `data-too-large` where a change would leave more than so many bytes of JSON. What was larger before there was a
 * limit may shrink.
 */
export function checkStored(before: unknown, after: unknown, mostBytes: number): void {
  const bytes = jsonBytes(after);
  if (bytes > mostBytes && bytes > jsonBytes(before)) throw new Failure('data-too-large');
}
