import { Together } from './together.ts';
import type { StreamPosition, StreamPublication, StreamSource } from './types.ts';

/** What is asked of one stream. */
interface Page {
  readonly channel: string;
  readonly since: number;
  readonly limit: number;
}

type Positions = ReadonlyMap<string, StreamPosition>;
type Publications = readonly StreamPublication[];

/** A source that is asked by many at once, as when all come back after a cut: it is asked for them together. */
export class SharedSource {
  readonly #positions: Together<readonly string[], Positions>;
  readonly #pages: Together<Page, Publications>;

  constructor(source: StreamSource) {
    this.#positions = new Together(async (asked) => {
      const positions = await source.position([...new Set(asked.flat())]);
      return asked.map(() => positions);
    });
    this.#pages = new Together((pages) => readTogether(source, pages));
  }

  /** The current ends of channels, and perhaps of others; one that does not exist is left out. */
  position(channels: readonly string[]): Promise<Positions> {
    return this.#positions.ask(channels, channels.length);
  }

  /** Publications after an offset, in order, at most `limit`. */
  read(channel: string, since: number, limit: number): Promise<Publications> {
    return this.#pages.ask({ channel, since, limit });
  }
}

/** Reads pages together, a stream from one place at a time. */
async function readTogether(source: StreamSource, pages: readonly Page[]): Promise<Publications[]> {
  const readings: Map<string, number>[] = [];
  const readingOf = pages.map(({ channel, since }) => {
    let reading = readings.find((places) => (places.get(channel) ?? since) === since);
    if (reading === undefined) readings.push((reading = new Map()));
    reading.set(channel, since);
    return reading;
  });
  const limit = pages.reduce((most, page) => Math.max(most, page.limit), 0);
  const found = new Map<Map<string, number>, ReadonlyMap<string, Publications>>();
  await Promise.all(readings.map(async (places) => found.set(places, await source.read(places, limit))));
  return pages.map((page, index) => {
    const reading = readingOf[index];
    const publications = (reading && found.get(reading)?.get(page.channel)) ?? [];
    return publications.slice(0, page.limit);
  });
}
