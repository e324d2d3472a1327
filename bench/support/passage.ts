/** What became of questions at one place on their way. */
export interface Passage {
  readonly arrived: number;
  readonly missing: number;
  /** More than once, or without having been committed. */
  readonly tooMany: number;
}

/** Of what is missing or too many so much is named. */
const NAMED = 10;

/** Compares what arrived with what was committed, each once; names what does not fit to whoever watches. */
export function passage(name: string, committed: ReadonlySet<string>, arrivals: readonly string[]): Passage {
  const arrived = new Set<string>();
  const tooMany: string[] = [];
  for (const key of arrivals) {
    if (arrived.has(key) || !committed.has(key)) tooMany.push(key);
    else arrived.add(key);
  }
  const missing = [...committed].filter((key) => !arrived.has(key));
  const say = (what: string, keys: readonly string[]): void => {
    if (keys.length > 0) process.stderr.write(`${what} ${name}: ${keys.slice(0, NAMED).join(', ')}\n`);
  };
  say('never', missing);
  say('once too often', tooMany);
  return { arrived: arrived.size, missing: missing.length, tooMany: tooMany.length };
}

/** How often something came later than what was said after it. */
export function disorders(heard: readonly string[]): number {
  const numbers = heard.map(Number).filter((said) => !Number.isNaN(said));
  return numbers.filter((said, index) => said < (numbers[index - 1] ?? 0)).length;
}
