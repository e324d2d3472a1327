/** Bytes that come in parts: each is copied a few times at most, however small they are. */
export class Gathering {
  readonly #most: number;
  #bytes = Buffer.alloc(0);
  #length = 0;

  /** It grows by doubling, up to `most` where that is enough. */
  constructor(most: number) {
    this.#most = most;
  }

  get length(): number {
    return this.#length;
  }

  add(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, Math.min(this.#bytes.length * 2, this.#most)));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    this.#bytes.set(part, this.#length);
    this.#length = length;
  }

  /** All of them. */
  take(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
