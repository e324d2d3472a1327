import { Api } from './api.ts';
import { Engine } from './engine.ts';
import { defaultStorage, systemClock, systemUuid } from './environment.ts';
import { MolvaError } from './errors.ts';
import { Memory } from './memory.ts';
import { noSession } from './parts.ts';
import { Emitter, Store } from './store.ts';
import type { ChatEvents, ChatOptions, ChatState, MessageInput } from './types.ts';

const initialState: ChatState = { ...noSession, connection: 'idle', operatorName: null, error: null };

/** A chat: start it, watch its state, send. It holds no logic of its own. */
export class Chat {
  readonly #store = new Store<ChatState>(initialState);
  readonly #events = new Emitter<ChatEvents>();
  readonly #memory: Memory;
  readonly #engine: Engine;
  readonly #uuid: () => string;
  readonly #now: () => number;
  #loaded: Promise<void> | undefined;
  /** How often the application changed its mind: a start that waited goes on only if it was the last word. */
  #words = 0;

  constructor(options: ChatOptions) {
    const { fetch: fetcher = (...call) => globalThis.fetch(...call), clock = systemClock } = options;
    this.#uuid = options.uuid ?? systemUuid;
    this.#now = () => clock.now();
    this.#memory = new Memory(options.storage ?? defaultStorage(), options.url, options.chatId);
    const api = new Api(options.url, fetcher);
    this.#engine = new Engine({ options, api, memory: this.#memory, store: this.#store, events: this.#events, clock });
  }

  /** The state as it is now; another object after each change. */
  get state(): ChatState {
    return this.#store.state;
  }

  /** The state, for stores that want a function. */
  readonly getSnapshot = (): ChatState => this.#store.state;

  /** Hears of every change of the state; the returned function ends it. */
  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener);

  /** Hears of one kind of event; the returned function ends it. */
  on<K extends keyof ChatEvents>(name: K, listener: (value: ChatEvents[K]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Starts or continues the session and connects. Resolves when live or closed; rejects where the server refuses. */
  async start(): Promise<void> {
    const words = this.#words;
    await this.#load();
    if (this.#words !== words) throw stoppedError();
    this.#engine.dispatch({ type: 'start' });
    await this.#settled();
  }

  /** Sends a message; it is shown at once and tried until the server answers. Answers the key it is sent under. */
  send(message: string | MessageInput): string {
    const { body, attachments = [], replyTo = null } = typeof message === 'string' ? { body: message } : message;
    const clientMessageId = this.#uuid();
    const createdAt = new Date(this.#now()).toISOString();
    this.#engine.send({ clientMessageId, body, attachments, replyToMessageId: replyTo, createdAt });
    // What was written before the first start is kept as well.
    void this.#load();
    return clientMessageId;
  }

  /** Sends a refused message once more, under the same key. */
  retry(clientMessageId: string): void {
    this.#engine.retry(clientMessageId);
  }

  /** Forgets a refused message. */
  discard(clientMessageId: string): void {
    this.#engine.discard(clientMessageId);
  }

  /** Says that the client is typing. */
  typing(): void {
    this.#engine.typing();
  }

  /** Reads older messages into the state; false where there are no more. */
  loadHistory(limit = 50): Promise<boolean> {
    return this.#engine.loadHistory(limit);
  }

  /** Sets the count of unread messages to nothing. */
  markSeen(): void {
    this.#store.set({ unread: 0 });
  }

  /** Leaves the session behind and starts another. */
  async newSession(): Promise<void> {
    this.stop();
    const words = this.#words;
    await this.#load();
    if (this.#words !== words) throw stoppedError();
    this.#engine.forgetSession();
    this.#engine.dispatch({ type: 'start' });
    await this.#settled();
  }

  /** Ends the connection; unsent messages are kept for the next start. */
  stop(): void {
    this.#words++;
    this.#engine.dispatch({ type: 'stop' });
  }

  #load(): Promise<void> {
    return (this.#loaded ??= this.#memory.load().then(({ outbox = [] }) => this.#engine.resume(outbox)));
  }

  #settled(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        const state = this.#engine.connection;
        if (state.name === 'failed') reject(state.error);
        else if (state.name === 'stopped') reject(stoppedError());
        else if (state.name === 'live' || state.name === 'closed') resolve();
        else return false;
        return true;
      };
      if (look()) return;
      const off = this.#store.subscribe(() => {
        if (look()) off();
      });
    });
  }
}

function stoppedError(): MolvaError {
  return new MolvaError({ kind: 'refused', message: 'The chat was stopped', remedy: 'Call start() again.' });
}

/** Makes a chat; nothing happens before `start()`. */
export function createChat(options: ChatOptions): Chat {
  return new Chat(options);
}
