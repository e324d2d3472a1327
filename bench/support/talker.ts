import { Centrifuge, type PublicationContext } from 'centrifuge';
import { post } from './calls.ts';

/** How long an answer is waited for before the session is left, milliseconds. */
export const PATIENCE_MS = 10_000;

/** A client with the official live client, who says 1, 2, 3 … and goes on when the answer to the last is heard. */
export class Talker {
  readonly session: string;
  /** What the bot's messages said, in the order in which they came. */
  readonly heard: string[];
  /** How often the socket connected; more than once is a broken connection. */
  connections = 0;
  readonly #url: string;
  readonly #socket: Centrifuge;
  #said = 0;
  #answered: (() => void) | undefined;

  private constructor(port: number, session: string, heard: readonly string[]) {
    this.session = session;
    this.heard = [...heard];
    this.#url = `http://127.0.0.1:${port}/api/v1/sessions/${session}/clients/messages`;
    this.#socket = new Centrifuge(`ws://127.0.0.1:${port}/centrifugo/connection/websocket`, {
      data: { application: 'widget', settings: { sessions: [session] } },
    });
    this.#socket.on('connected', () => this.connections++);
    this.#socket.on('publication', ({ data }: PublicationContext) => {
      const { event, data: message } = data as { event: string; data: { body: string } };
      if (event !== 'chatMessageCreated') return;
      this.heard.push(message.body);
      if (message.body === String(this.#said)) this.#answered?.();
    });
  }

  /** Starts a session and listens; what the bot said to the start is heard in its answer. */
  static async open(port: number, chatId: string): Promise<Talker> {
    const { id, messages } = await post<{ id: string; messages: { body: string }[] }>(
      `http://127.0.0.1:${port}/api/v1/chats/${chatId}/sessions`,
      {},
    );
    const talker = new Talker(
      port,
      id,
      messages.map(({ body }) => body),
    );
    talker.#socket.connect();
    await talker.#socket.ready(PATIENCE_MS);
    return talker;
  }

  /** Says the next thing; answers after how many milliseconds its answer was heard, or nothing where patience ended. */
  async exchange(): Promise<number | undefined> {
    const body = String(++this.#said);
    const began = performance.now();
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    this.#answered = () => resolve(performance.now() - began);
    const patience = setTimeout(() => resolve(undefined), PATIENCE_MS);
    await post(this.#url, { body });
    const latency = await promise;
    clearTimeout(patience);
    return latency;
  }

  close(): void {
    this.#socket.disconnect();
  }
}
