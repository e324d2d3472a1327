import { backoff, type Clock, type Timer } from '../environment.ts';
import { isMolvaError, type MolvaError } from '../errors.ts';

/** A message on its way. */
export interface OutgoingMessage {
  /** The key it is sent under, again and again, until it is answered. */
  readonly clientMessageId: string;
  readonly body: string;
  readonly attachments: readonly string[];
  readonly replyToMessageId: string | null;
  readonly createdAt: string;
}

/** How an attempt to send ended. */
export type Sent<T> = { readonly answer: T } | { readonly refused: MolvaError };

/** What the outbox works with. */
export interface OutboxPorts<T> {
  readonly clock: Clock;
  readonly random: () => number;
  /** Sends a message; throws a MolvaError. */
  readonly post: (message: OutgoingMessage) => Promise<T>;
  /** Hears how each message ended. */
  readonly settled: (message: OutgoingMessage, outcome: Sent<T>) => void;
  /** Hears of every change of what is left, so that it can be kept. */
  readonly changed: (left: readonly OutgoingMessage[]) => void;
}

/** Messages leave in order, one at a time, and are tried until somebody answers. */
export class Outbox<T> {
  readonly #ports: OutboxPorts<T>;
  #left: readonly OutgoingMessage[] = [];
  #open = false;
  #sending = false;
  #attempt = 0;
  #timer: Timer | undefined;

  constructor(ports: OutboxPorts<T>) {
    this.#ports = ports;
  }

  /** What has not been answered yet, in order. */
  get left(): readonly OutgoingMessage[] {
    return this.#left;
  }

  /** Adds messages at the end. */
  add(...messages: readonly OutgoingMessage[]): void {
    this.#change([...this.#left, ...messages]);
    void this.#work();
  }

  /** Lets messages leave: there is a session to send to. A pending wait is cut short. */
  open(): void {
    this.#open = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    void this.#work();
  }

  /** Keeps messages back. The one under way is not called off. */
  pause(): void {
    this.#open = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #work(): Promise<void> {
    if (this.#sending || this.#timer !== undefined) return;
    this.#sending = true;
    for (let next = this.#left[0]; this.#open && next !== undefined; next = this.#left[0]) {
      const outcome = await this.#try(next);
      if (outcome === undefined) break;
      this.#attempt = 0;
      this.#change(this.#left.slice(1));
      this.#ports.settled(next, outcome);
    }
    this.#sending = false;
  }

  /** One attempt; undefined where another follows after a wait. */
  async #try(message: OutgoingMessage): Promise<Sent<T> | undefined> {
    try {
      return { answer: await this.#ports.post(message) };
    } catch (error) {
      if (!isMolvaError(error)) throw error;
      if (!error.shouldRetry()) return { refused: error };
      if (this.#open) {
        const wait = error.details.retryAfter ?? backoff(this.#attempt++, this.#ports.random);
        this.#timer = this.#ports.clock.setTimeout(() => {
          this.#timer = undefined;
          void this.#work();
        }, wait);
      }
      return undefined;
    }
  }

  #change(left: readonly OutgoingMessage[]): void {
    this.#left = left;
    this.#ports.changed(left);
  }
}
