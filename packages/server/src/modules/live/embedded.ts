import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WIDGET_NAMESPACE } from '@molva/contract';
import {
  createCentrifugeServer,
  disconnects,
  type Fault,
  type StreamPublication,
  type StreamSource,
} from '@molva/centrifuge-server';
import type { CommittedEvent, PassingEvent } from '../../platform/announcer.ts';
import type { Elapsed } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { LiveFigures } from '../../platform/figures.ts';
import type { Notice, Notices } from '../../platform/notices.ts';
import type { Origins } from '../../platform/origins.ts';
import type { ConnectionMeta, Decisions } from './decisions.ts';
import type { LiveEngine } from './engine.ts';
import { faultOf } from './faults.ts';
import type { LiveLimits } from './limits.ts';
import { Relay, type Outlet } from './relay.ts';
import type { ChannelStreams } from './streams.ts';

/** What the embedded engine needs. */
export interface EmbeddedOptions {
  readonly decisions: Decisions;
  /** A connection that was let in has ended. */
  readonly disconnected: (client: string) => void;
  readonly streams: ChannelStreams;
  /** The database has gone back: what was read of it before is void. */
  readonly wentBack: () => void;
  readonly origins: Origins;
  readonly version: string;
  readonly time: Elapsed;
  readonly log: Log;
  readonly notices: Notices;
  readonly limits: Pick<LiveLimits, 'opened' | 'closed' | 'command'>;
  /** Whom a request stands for where callers are counted. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** Hears of each browser that is refused as it is of another origin. */
  readonly foreignOrigin: (request: IncomingMessage) => void;
}

/** The engine inside this process: it is given the sockets. */
export interface EmbeddedEngine extends LiveEngine {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  figures(): LiveFigures;
}

/** How faults of the engine are told of. */
const FAULTS: Readonly<Record<Fault, Notice>> = {
  command: 'live-command-failed',
  stream: 'live-stream-lost',
  disconnected: 'live-end-unheard',
};

/** Opens the engine inside this process. Its streams are the event logs, so a recovery survives a restart. */
export function openEmbeddedEngine(options: EmbeddedOptions): EmbeddedEngine {
  const { decisions, streams, time, log, notices } = options;
  const server = createCentrifugeServer({
    version: options.version,
    allowedOrigins: (origin, { headers }) => options.origins.allow(origin, headers.host),
    handlers: {
      connect: ({ client, address, data }) => decisions.connect({ data }, { client, address }),
      rpc: ({ client, user, meta, method, data }) =>
        decisions.rpc({ method, data }, { client, user, meta: meta as ConnectionMeta }),
      disconnected({ client, code }) {
        if (code === disconnects.slow.code) notices.tell('live-slow');
        options.disconnected(client);
      },
    },
    namespaces: { [WIDGET_NAMESPACE]: { source: sourceOf(streams) } },
    onForeignOrigin: (request) => options.foreignOrigin(request),
    addressOf: (request) => options.addressOf(request),
    limiter: options.limits,
    onError: (error, fault) => notices.tell(FAULTS[fault], faultOf(error)),
  });
  const outlet: Outlet = {
    channels: () => server.channels(),
    holds: (channel) => server.hasSubscribers(channel),
    position: (channel) => server.position(channel)?.offset,
    publish(channel, { event, data, eventSeq: offset, audience }) {
      server.publish(channel, envelope({ event, data }), { offset, ...(audience === null ? {} : { audience }) });
    },
    lose() {
      for (const channel of server.channels()) {
        for (const { client } of server.presence(channel)) server.disconnect({ client }, disconnects.insufficientState);
      }
    },
  };
  const relay = new Relay({ outlet, streams, wentBack: options.wentBack, time, log });
  return {
    handleUpgrade: (request, socket, head) => server.handleUpgrade(request, socket, head),
    figures: () => ({ ...server.counters, ...relay.figures }),
    publish: (channel, { event, data }, { offset, audience }) =>
      relay.publish(channel, { event, data, eventSeq: offset, audience }),
    publishPassing(channel, event) {
      const { audience } = event;
      if (!server.hasSubscribers(channel)) return;
      server.publish(channel, envelope(event), audience === null ? {} : { audience });
    },
    wake: (channel, offset) => relay.wake(channel, offset),
    wakeAll: () => relay.wakeAll(),
    subscribe: (who, channel, audiences) => server.subscribe(who, channel, { audiences }),
    unsubscribe: async (who, channel) => server.unsubscribe(who, channel),
    channels: () => server.channels(),
    renew(channel) {
      for (const { client } of server.presence(channel)) server.disconnect({ client }, disconnects.insufficientState);
    },
    disconnect: async (who) => server.disconnect(who),
    presence: async (channel) => server.presence(channel),
    async [Symbol.asyncDispose]() {
      await relay[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

/** The text of a publication: the envelope around a payload that is JSON already. */
function envelope({ event, data }: Pick<PassingEvent, 'event' | 'data'>): string {
  return `{"event":"${event}","data":${data}}`;
}

function sourceOf(streams: ChannelStreams): StreamSource {
  return {
    position: (channels) => streams.ends(channels),
    async read(places, limit) {
      const found = await streams.after(places, limit);
      return new Map([...found].map(([channel, events]) => [channel, events.map(publicationOf)]));
    },
  };
}

function publicationOf({ eventSeq: offset, event, data, audience }: CommittedEvent): StreamPublication {
  return { offset, data: envelope({ event, data }), ...(audience === null ? {} : { audience }) };
}
