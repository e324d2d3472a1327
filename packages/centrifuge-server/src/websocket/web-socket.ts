import type { Socket } from 'node:net';
import { limits } from '../limits.ts';
import { FrameReader, type FrameListener } from './frame-reader.ts';
import { closeFrame, frameOf, opcodes } from './frames.ts';

/** Whose socket it is. */
export interface SocketOwner {
  /** A whole message came; also while the other side has not answered its end. */
  receive(message: Buffer): void;
  /** The transport's own ping was answered. */
  ponged(): void;
  /** The other side ended it, or nothing more can be understood of it; may be said again. */
  left(code: number, reason: string): void;
  /** The socket is gone. */
  removed(): void;
}

/** The code of an end without a word. */
const ABNORMAL = 1006;

/** A WebSocket of a server (RFC 6455) over a socket that was upgraded: reads frames, answers pings, and ends in order. */
export class WebSocket implements FrameListener {
  readonly #socket: Socket;
  readonly #owner: SocketOwner;
  readonly #reader: FrameReader;
  /** Our close frame is sent: nothing may follow it. */
  #closing = false;
  /** Nothing is heard any more, and this is how much more is read. */
  #unheard: number | undefined;
  /** What the last ping of a chunk said. */
  #unanswered: Buffer | undefined;

  /** `head` is what came behind the request. */
  constructor(socket: Socket, head: Buffer, owner: SocketOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#reader = new FrameReader(this, limits.frameBytes);
    socket.setTimeout(0);
    if (head.length > 0) socket.unshift(head);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => this.#hungUp());
    socket.on('error', nothing);
    socket.on('close', () => {
      owner.left(ABNORMAL, '');
      owner.removed();
    });
  }

  /** Bytes that wait for the other side to take them. */
  get queued(): number {
    return this.#socket.writableLength;
  }

  /** Sends frames that are ready. */
  write(frames: Buffer): void {
    if (!this.#closing) this.#socket.write(frames);
  }

  /** Says that it ends, and why; the other side is expected to say so too. */
  close(code: number, reason: string): void {
    this.#close(closeFrame(code, reason));
  }

  /** Hears nothing more; the other side is expected to end it. */
  deafen(): void {
    this.#unheard ??= limits.bytesAfterEnd;
  }

  /** Lets go of the socket without another word. */
  cutOff(): void {
    this.#socket.destroy();
  }

  /** Leaves what comes in the hands of the network. */
  pause(): void {
    this.#socket.pause();
  }

  /** Takes what comes again. */
  resume(): void {
    this.#socket.resume();
  }

  message(payload: Buffer): void {
    this.#owner.receive(payload);
  }

  pinged(payload: Buffer): void {
    this.#unanswered = payload;
  }

  ponged(): void {
    this.#owner.ponged();
  }

  closed(code: number, reason: string): void {
    this.#close(closeFrame(code, ''));
    this.#socket.end();
    this.#owner.left(code, reason);
  }

  broken(code: number): void {
    this.#close(closeFrame(code, ''));
    // Whoever sends too much is in the middle of it, and would not hear why it ends if it were cut off at once.
    this.#unheard = limits.bytesAfterFault;
    this.#socket.end();
    this.#owner.left(code, '');
  }

  #close(frame: Buffer): void {
    this.write(frame);
    this.#closing = true;
    this.deafen();
  }

  /** Whoever was sent away has an answer to a close frame to say, and no reason to go on; reading what nobody hears costs others their turn. */
  #read(chunk: Buffer): void {
    if (this.#unheard !== undefined) {
      this.#unheard -= chunk.length;
      if (this.#unheard < 0) return this.cutOff();
    }
    this.#reader.read(chunk);
    if (this.#unanswered !== undefined) this.#answer(this.#unanswered);
  }

  /** One answer does for the pings before it, and who takes nothing is owed none. */
  #answer(ping: Buffer): void {
    this.#unanswered = undefined;
    if (this.queued <= limits.queueBytes) this.write(frameOf(opcodes.pong, ping));
  }

  /** Nobody reads an answer any more; what is on its way to the network may leave. */
  #hungUp(): void {
    this.#closing = true;
    if (this.queued === 0) this.#socket.destroy();
    else this.#socket.end();
    this.#owner.left(ABNORMAL, '');
  }
}

/** The end of a socket is heard by its `close`. */
function nothing(): void {}
