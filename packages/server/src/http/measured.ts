/**
 * A source that has exactly as many bytes as were announced, or fails: with fewer the caller would take the next answer
 * for the rest of this one. Tells of each chunk that comes, and of each that is asked for.
 */
export async function* measured(
  source: AsyncIterable<Uint8Array | string>,
  length: number | undefined,
  progress: () => void,
): AsyncGenerator<Uint8Array | string, void> {
  let left = length ?? Infinity;
  for await (const chunk of source) {
    progress();
    left -= typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
    if (left < 0) throw new Error(`a content has more than the ${length} bytes it announced`);
    if (chunk.length > 0) yield chunk;
    progress();
  }
  if (length !== undefined && left > 0) throw new Error(`a content has ${left} bytes fewer than it announced`);
}
