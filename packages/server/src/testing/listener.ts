import { Centrifuge, type PublicationContext } from 'centrifuge';
import { WebSocket } from 'ws';
import type { TestApp } from './test-app.ts';

/** What a listener heard. */
export interface Heard {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A client that has joined its session live, with the official library. */
export interface Listener extends Disposable {
  readonly events: readonly Heard[];
  /** The names of what was heard, in order. */
  names(): string[];
  /** What was said, in order. */
  bodies(): unknown[];
}

/** Connects and joins a session. */
export async function watch(app: TestApp, sessionId: string): Promise<Listener> {
  const client = new Centrifuge(`${app.url.replace('http', 'ws')}/centrifugo/connection/websocket`, {
    websocket: WebSocket,
    name: 'js',
    data: { application: 'widget', settings: { sessions: [sessionId] } },
  });
  const events: Heard[] = [];
  client.on('publication', (context: PublicationContext) => events.push(context.data as Heard));
  client.connect();
  await client.ready(30_000);
  await client.rpc('joinSession', { id: sessionId });
  return {
    events,
    names: () => events.map(({ event }) => event),
    bodies: () => events.filter(({ event }) => event === 'chatMessageCreated').map(({ data }) => data['body']),
    [Symbol.dispose]: () => client.disconnect(),
  };
}
