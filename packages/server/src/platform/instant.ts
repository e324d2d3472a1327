/** An instant as SQL takes it. */
export function isoInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
