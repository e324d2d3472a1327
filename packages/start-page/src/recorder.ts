/** One thing that crossed the wire. */
export type WireRecord = { readonly id: number; readonly at: Date } & (
  | {
      readonly kind: 'call';
      readonly method: string;
      readonly url: string;
      readonly request: unknown;
      /** 0 until the answer is there, -1 where there was none. */
      readonly status: number;
      readonly answer: unknown;
      readonly milliseconds: number;
    }
  | { readonly kind: 'frame'; readonly direction: 'in' | 'out'; readonly message: Readonly<Record<string, unknown>> }
  | { readonly kind: 'socket'; readonly url: string; readonly state: 'open' | 'closed'; readonly code: number }
);

type Body<R> = R extends unknown ? Omit<R, 'id' | 'at'> : never;

/** Most records kept. */
const LIMIT = 500;

/** Listens in on a chat: a fetch and a WebSocket class that do their work and tell of it. */
export class Recorder {
  records: readonly WireRecord[] = [];
  readonly #listeners = new Set<() => void>();
  #next = 1;

  /** Hears of every change. */
  watch(listener: () => void): void {
    this.#listeners.add(listener);
  }

  clear(): void {
    this.records = [];
    this.#tell();
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const began = performance.now();
    const request = parse(typeof init?.body === 'string' ? init.body : '');
    const call = {
      kind: 'call',
      method: init?.method ?? 'GET',
      url: input instanceof Request ? input.url : input.toString(),
      request,
    } as const;
    const id = this.#add({ ...call, status: 0, answer: undefined, milliseconds: 0 });
    try {
      const answer = await fetch(input, init);
      const text = await answer.clone().text();
      this.#replace(id, {
        ...call,
        status: answer.status,
        answer: parse(text),
        milliseconds: performance.now() - began,
      });
      return answer;
    } catch (error) {
      this.#replace(id, { ...call, status: -1, answer: undefined, milliseconds: performance.now() - began });
      throw error;
    }
  };

  /** A WebSocket class that tells of its frames. */
  get WebSocket(): typeof WebSocket {
    const add = (url: string, state: 'open' | 'closed', code: number): number =>
      this.#add({ kind: 'socket', url, state, code });
    const frame = (direction: 'in' | 'out', data: unknown): void => this.#frame(direction, data);
    return class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        const address = String(url);
        this.addEventListener('open', () => add(address, 'open', 0));
        this.addEventListener('close', ({ code }) => add(address, 'closed', code));
        this.addEventListener('message', ({ data }) => frame('in', data));
      }

      override send(data: Parameters<WebSocket['send']>[0]): void {
        frame('out', data);
        super.send(data);
      }
    };
  }

  /** A frame carries one message a line. */
  #frame(direction: 'in' | 'out', data: unknown): void {
    if (typeof data !== 'string') return;
    for (const line of data.split('\n')) {
      if (line !== '') this.#add({ kind: 'frame', direction, message: parse(line) as Record<string, unknown> });
    }
  }

  #add(body: Body<WireRecord>): number {
    const id = this.#next++;
    this.records = [...this.records, { ...body, id, at: new Date() } as WireRecord].slice(-LIMIT);
    this.#tell();
    return id;
  }

  #replace(id: number, body: Body<WireRecord>): void {
    this.records = this.records.map((record) =>
      record.id === id ? ({ ...body, id, at: record.at } as WireRecord) : record,
    );
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === '' ? undefined : text;
  }
}
