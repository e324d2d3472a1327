import type { Encoding, Message } from './encoding.ts';

/** Makes a frame of messages, or finds the one that was just made of the same. */
export type FrameOf = (encoding: Encoding, messages: readonly Message[]) => Buffer;

/** Something that gathers output and sends it once a tick. */
export interface Sender {
  flush(frameOf: FrameOf): void;
}

/** Where the output of all connections leaves, at the end of the tick. */
export class Outlet {
  #senders: Sender[] = [];

  /** Puts a sender among those that have something to send at the end of the tick. */
  willFlush(sender: Sender): void {
    if (this.#senders.length === 0) setImmediate(() => this.#flush());
    this.#senders.push(sender);
  }

  /** Subscribers of one channel usually have the very same messages: their frame is built once and written to each. */
  #flush(): void {
    const senders = this.#senders;
    this.#senders = [];
    let last: { encoding: Encoding; messages: readonly Message[]; frame: Buffer } | undefined;
    const frameOf: FrameOf = (encoding, messages) => {
      const same =
        last?.encoding === encoding &&
        last.messages.length === messages.length &&
        last.messages.every((message, index) => message === messages[index]);
      if (last === undefined || !same) last = { encoding, messages, frame: encoding.frame(messages) };
      return last.frame;
    };
    for (const sender of senders) sender.flush(frameOf);
  }
}
