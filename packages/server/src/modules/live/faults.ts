/** What of an error a notice may say: its name and code, its words without whole ids, and where it was thrown. */
export function faultOf(error: unknown): Record<'error' | 'words' | 'place', string | null> {
  if (!(error instanceof Error)) return { error: typeof error, words: null, place: null };
  const { code } = error as NodeJS.ErrnoException;
  const words = error.message.replaceAll(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f-]{22}/gi, '$1…');
  const place = /^\s+at (.+)$/m.exec(error.stack ?? '')?.[1] ?? null;
  return { error: code === undefined ? error.name : `${error.name} ${code}`, words, place };
}
