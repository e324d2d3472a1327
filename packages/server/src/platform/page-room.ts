/** Bytes that a page may have; it ends early where its records are long, and says that there is more. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Records that a page may have however long they are, as none is without a limit of its own. */
export const ALWAYS = 16;

/** Counts what a page has. */
export class PageRoom {
  #items = 0;
  #bytes = 0;

  /** Whether no more may come. */
  get isFull(): boolean {
    return this.#items >= ALWAYS && this.#bytes >= PAGE_BYTES;
  }

  /** Takes an item, or what is known of its length. */
  takes(item: object | number): void {
    this.#items++;
    this.#bytes += typeof item === 'number' ? item : Buffer.byteLength(JSON.stringify(item));
  }
}

/** How many of the items, from the first on, a page has room for. */
export function roomFor(items: readonly (object | number)[]): number {
  if (items.length <= ALWAYS) return items.length;
  const room = new PageRoom();
  const over = items.findIndex((item) => {
    if (room.isFull) return true;
    room.takes(item);
    return false;
  });
  return over < 0 ? items.length : over;
}
