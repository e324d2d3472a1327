import { limits } from './limits.ts';
import { DisconnectError, disconnects, type Disconnect } from './protocol/codes.ts';
import type { CommandValue } from './protocol/values.ts';

/** Whose frames they are. */
export interface Receiver {
  /** The commands of a frame, one after another; throws at the first that is none. */
  read(frame: Buffer): Iterable<CommandValue>;
  /** Does a command, now or by the time the promise resolves; it never rejects. */
  handle(command: CommandValue): Promise<void> | undefined;
  /** Whether commands are still heard. */
  isOpen(): boolean;
  end(disconnect: Disconnect): void;
  /** Stops and goes on reading the socket. What was read already still comes. */
  pause(): void;
  resume(): void;
}

/**
 * Frames that came and are not done: commands strictly one after another, each done at once where nothing is waited
 * for. A frame is parsed in its turn, so what waits is bytes; above a bound no more of them are read.
 */
export class Inbox {
  readonly #receiver: Receiver;
  #frames: Buffer[] = [];
  #bytes = 0;
  /** The rest of the frame that is being done. */
  #commands: Iterator<CommandValue> | undefined;
  #working = false;
  /** Commands since others had their turn. */
  #inARow = 0;
  #paused = false;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  /** Takes a frame off the wire. */
  put(frame: Buffer): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (!this.#working) return this.#work();
    if (this.#frames.length > limits.mostFrames) return this.#receiver.end(disconnects.tooManyRequests);
    if (this.#paused || !this.#isFull()) return;
    this.#paused = true;
    this.#receiver.pause();
  }

  /** Forgets what waits: nobody hears it any more. */
  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.#commands = undefined;
    this.#goOn();
  }

  #isFull(): boolean {
    return this.#frames.length > limits.waitingFrames || this.#bytes > limits.waitingBytes;
  }

  #work(): void {
    this.#working = true;
    for (let command = this.#next(); command !== undefined; command = this.#next()) {
      const pending = this.#receiver.handle(command);
      // What is answered from memory is hardly waited for, and would keep everybody else waiting.
      if (++this.#inARow >= limits.commandsInARow) {
        this.#inARow = 0;
        return void (pending ?? Promise.resolve()).then(() => setImmediate(() => this.#work()));
      }
      if (pending !== undefined) return void pending.then(() => this.#work());
    }
    this.#working = false;
  }

  #next(): CommandValue | undefined {
    try {
      while (this.#receiver.isOpen()) {
        this.#commands ??= this.#open();
        if (this.#commands === undefined) return undefined;
        const { done, value } = this.#commands.next() as IteratorResult<CommandValue, undefined>;
        if (done !== true) return value;
        this.#commands = undefined;
      }
    } catch (error) {
      this.#receiver.end(error instanceof DisconnectError ? error.disconnect : disconnects.badRequest);
    }
    return undefined;
  }

  #open(): Iterator<CommandValue> | undefined {
    const frame = this.#frames.shift();
    if (frame === undefined) return undefined;
    this.#bytes -= frame.length;
    if (!this.#isFull()) this.#goOn();
    return this.#receiver.read(frame)[Symbol.iterator]();
  }

  #goOn(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#receiver.resume();
  }
}
