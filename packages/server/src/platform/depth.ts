/**
 * Levels that JSON from outside may nest. Whoever walks through a value goes as deep as it does, and so does the
 * database: the stacks of both have an end that a body of the allowed length can reach.
 */
export const MOST_LEVELS = 64;

/** Where a value nests too deep: the name of its property, `''` where it is a list; undefined where it does not. */
export function tooDeepIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    if (isDeeper(inner, MOST_LEVELS - 1)) return Array.isArray(value) ? '' : name;
  }
  return undefined;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
