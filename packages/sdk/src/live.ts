import type { EventEnvelope, WidgetConnectData } from '@molva/contract';
import {
  Centrifuge,
  type DisconnectedContext,
  type PublicationContext,
  type ServerSubscribedContext,
} from 'centrifuge';

/** What happens on the socket. */
export interface LiveListener {
  up(): void;
  /** Where the session's stream stands as the socket has it; the epoch names its life. Comes before `up`. */
  stands(offset: number, epoch: string): void;
  down(): void;
  /** The server sent the client away for good. */
  refused(code: number, reason: string): void;
  event(envelope: EventEnvelope): void;
}

/** What the socket is opened with. */
export interface LiveOptions {
  readonly url: string;
  readonly sessionId: string;
  readonly sessionToken: () => string | undefined;
  /** A WebSocket class in place of the runtime's own. */
  readonly websocket: unknown;
  readonly listener: LiveListener;
}

/** The client's codes for having been told to disconnect. */
const OWN_DISCONNECT = 0;

/** The live connection of a session; the library below reconnects by itself. */
export class Live {
  readonly #client: Centrifuge;
  readonly #sessionId: string;

  constructor({ url, sessionId, sessionToken, websocket, listener }: LiveOptions) {
    this.#sessionId = sessionId;
    const address = `${url.replace(/^http/, 'ws').replace(/\/+$/, '')}/centrifugo/connection/websocket`;
    const data = (): WidgetConnectData => {
      const token = sessionToken();
      const tokens = token === undefined ? {} : { sessionTokens: { [sessionId]: token } };
      return { application: 'widget', settings: { sessions: [sessionId], echo: true, ...tokens } };
    };
    this.#client = new Centrifuge(address, {
      name: 'js',
      getData: async () => data(),
      ...(websocket === undefined ? {} : { websocket }),
    });
    this.#client.on('connected', () => void this.#join(listener));
    this.#client.on('connecting', () => listener.down());
    this.#client.on('disconnected', ({ code, reason }: DisconnectedContext) => {
      if (code !== OWN_DISCONNECT) listener.refused(code, reason);
    });
    this.#client.on('subscribed', ({ streamPosition }: ServerSubscribedContext) => {
      if (streamPosition !== undefined) listener.stands(streamPosition.offset, streamPosition.epoch);
    });
    this.#client.on('publication', ({ data: envelope }: PublicationContext) =>
      listener.event(envelope as EventEnvelope),
    );
    this.#client.connect();
  }

  /** Says that the client is typing; whether anybody hears is not known. */
  typing(): void {
    this.#client.rpc('typing', { id: this.#sessionId }).catch(() => undefined);
  }

  close(): void {
    this.#client.disconnect();
  }

  /** Joins the session. A refusal is no failure of the socket: the event log tells what became of the session. */
  async #join(listener: LiveListener): Promise<void> {
    await this.#client.rpc('joinSession', { id: this.#sessionId }).catch(() => undefined);
    listener.up();
  }
}
