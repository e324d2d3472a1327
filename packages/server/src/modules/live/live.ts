import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { widgetChannel, WIDGET_NAMESPACE } from '@molva/contract';
import { createCentrifugeServer, type CentrifugeServer, type StreamPublication } from '@molva/centrifuge-server';
import { envelopeText, type Announcer } from '../../platform/announcer.ts';
import type { Log } from '../../platform/log.ts';
import { connectHandler, type SessionGate } from './connect.ts';
import { Presence } from './presence.ts';
import { rpcHandler } from './rpc.ts';

/** An event as the log gives it back. */
export interface LoggedText {
  readonly eventSeq: number;
  readonly event: string;
  readonly data: unknown;
  readonly audience: string | null;
}

/** Where the event streams of sessions are read. */
export interface EventLog {
  positions(sessionIds: readonly string[]): Promise<ReadonlyMap<string, { lastEventSeq: number; epoch: string }>>;
  after(sessionId: string, eventSeq: number, limit: number): Promise<readonly LoggedText[]>;
}

/** What the live side needs; it knows no module, the composition hands it these. */
export interface LivePorts {
  readonly gate: SessionGate;
  readonly events: EventLog;
  readonly announcer: Announcer;
  readonly allowedOrigins: readonly string[];
  readonly version: string;
  readonly log: Log;
}

/** The running live side. */
export interface Live extends AsyncDisposable {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly engine: CentrifugeServer;
}

/** Connects the embedded engine with the sessions: the event log is the stream, `eventSeq` the offset. */
export function createLive(ports: LivePorts): Live {
  const presence = new Presence(ports.gate, ports.log);
  const engine = createCentrifugeServer({
    version: ports.version,
    allowedOrigins: ports.allowedOrigins,
    handlers: {
      connect: connectHandler(ports.gate),
      rpc: rpcHandler(ports.gate, presence, ports.log),
      disconnected: (event) => presence.disconnected(event.client),
    },
    namespaces: { [WIDGET_NAMESPACE]: { source: streamSource(ports.events) } },
  });
  const listening = ports.announcer.listen({
    committed(sessionId, events) {
      const channel = widgetChannel(sessionId);
      if (!engine.hasSubscribers(channel)) return;
      for (const event of events) {
        const audience = event.audience === null ? {} : { audience: event.audience };
        engine.publish(channel, envelopeText(event.event, event.data), { offset: event.eventSeq, ...audience });
      }
    },
    passing(sessionId, event) {
      const channel = widgetChannel(sessionId);
      if (engine.hasSubscribers(channel)) engine.publish(channel, envelopeText(event.event, event.data));
    },
  });
  return {
    engine,
    handleUpgrade: (request, socket, head) => engine.handleUpgrade(request, socket, head),
    async [Symbol.asyncDispose]() {
      listening[Symbol.dispose]();
      await engine.close();
      await presence.settled();
    },
  };
}

function streamSource(events: EventLog) {
  const sessionOf = (channel: string): string => channel.slice(WIDGET_NAMESPACE.length + 1);
  return {
    async position(channels: readonly string[]) {
      const found = await events.positions(channels.map(sessionOf));
      return new Map(
        [...found].map(([id, { lastEventSeq, epoch }]) => [widgetChannel(id), { offset: lastEventSeq, epoch }]),
      );
    },
    async read(channel: string, since: number, limit: number): Promise<StreamPublication[]> {
      const found = await events.after(sessionOf(channel), since, limit);
      return found.map(({ eventSeq, event, data, audience }) => ({
        offset: eventSeq,
        data: envelopeText(event, JSON.stringify(data)),
        ...(audience === null ? {} : { audience }),
      }));
    },
  };
}
