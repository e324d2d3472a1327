import type { Origins } from '../../platform/origins.ts';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { widgetChannel } from '@molva/contract';
import type { AnnouncementListener, Announcer } from '../../platform/announcer.ts';
import type { Clock, Elapsed } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { LiveFigures } from '../../platform/figures.ts';
import type { Notices } from '../../platform/notices.ts';
import { decideConnect, type SessionGate } from './connect.ts';
import { openEmbeddedEngine, type EmbeddedEngine } from './embedded.ts';
import type { LiveEngine } from './engine.ts';
import type { JoinedChannels } from './joins.ts';
import { LiveLimits, type LiveLimitOptions } from './limits.ts';
import { Presence } from './presence.ts';
import { decideRpc, type RpcPorts } from './rpc.ts';
import { ChannelStreams, type EventLog } from './streams.ts';
import { TakingBack } from './taking-back.ts';

/** What the live side needs; it knows no module, the composition hands it these. */
export interface LivePorts {
  readonly gate: SessionGate;
  /** Names who hears of each session whose client is banned by now. */
  readonly bans: (banned: (sessionId: string) => void) => void;
  /** Hears of who knows whether the client of a session is on this process. */
  readonly asks: (isHere: (sessionId: string) => boolean) => void;
  /** Hears of each chat that no longer takes as a proof what it took before. */
  readonly reproved: (listener: (chatId: string) => void) => void;
  /** Hears of each session whose tokens were revoked. */
  readonly revoked: (listener: (sessionId: string) => void) => void;
  readonly events: EventLog;
  readonly announcer: Announcer;
  /** Calls when the database answers again after a connection to it broke. */
  readonly afterBreak: (listener: () => void) => Disposable;
  /** The database has gone back: what was read of it before is void. */
  readonly wentBack: () => void;
  readonly origins: Origins;
  readonly version: string;
  readonly clock: Clock & Elapsed;
  readonly log: Log;
  readonly notices: Notices;
  readonly observe: RpcPorts['observe'];
  readonly limits: Pick<LiveLimitOptions, 'open' | 'connections'>;
  /** Whom a request stands for where callers are counted. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** Hears of each browser that is refused as it is of another origin. */
  readonly foreignOrigin: (request: IncomingMessage) => void;
}

/** The running live side. */
export interface Live extends AsyncDisposable {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  figures(): LiveFigures;
  readonly engine: LiveEngine;
}

/** Connects an engine with the sessions: what is announced is delivered, what may have been missed is looked for. */
export function createLive(ports: LivePorts): Live {
  const { gate, clock, log, notices, addressOf, origins, version } = ports;
  const presence = new Presence({ gate, clock, notices });
  const limits = new LiveLimits({ ...ports.limits, clock, notices });
  ports.asks((sessionId) => presence.isHere(sessionId));
  const channels: JoinedChannels = {
    give: (client, sessionId, audiences) => engine.subscribe({ client }, widgetChannel(sessionId), audiences),
    take: (client, sessionId) => engine.unsubscribe({ client }, widgetChannel(sessionId)),
  };
  const streams = new ChannelStreams(ports.events);
  const engine: EmbeddedEngine = openEmbeddedEngine({
    decisions: {
      connect: decideConnect(gate, limits, clock),
      rpc: decideRpc({ gate, presence, channels, limits, notices, observe: ports.observe }),
    },
    disconnected: (client) => presence.disconnected(client),
    streams,
    wentBack: ports.wentBack,
    origins,
    version,
    time: clock,
    log,
    notices,
    limits,
    addressOf,
    foreignOrigin: ports.foreignOrigin,
  });
  const renewAll = async (): Promise<void> => {
    for (const channel of engine.channels()) engine.renew(channel);
  };
  const takings = new TakingBack({ clock, notices, everything: renewAll });
  const renewed = (sessionId: string) => async (): Promise<void> => engine.renew(widgetChannel(sessionId));
  ports.bans((id) => {
    // Later it may be banned no more: whoever has it then asks for it again.
    const later = renewed(id);
    takings.begin({ name: `ban ${id}`, first: () => shut(id, engine, presence), later, notice: 'live-ban-unheard' });
  });
  ports.reproved((id) => {
    const again = (): Promise<void> => askAgain(id, engine, streams);
    takings.begin({ name: `proofs ${id}`, first: again, later: again, notice: 'live-proofs-unheard' });
  });
  ports.revoked((id) => {
    const [first, later] = [renewed(id), renewed(id)];
    takings.begin({ name: `tokens ${id}`, first, later, notice: 'live-proofs-unheard' });
  });
  const listening = new DisposableStack();
  listening.use(ports.announcer.listen(deliveryBy(engine)));
  listening.use(takings);
  listening.use(
    ports.afterBreak(() => {
      engine.wakeAll();
      takings.retry();
    }),
  );
  return {
    engine,
    handleUpgrade: (request, socket, head) => engine.handleUpgrade(request, socket, head),
    figures: () => engine.figures(),
    async [Symbol.asyncDispose]() {
      listening.dispose();
      await engine[Symbol.asyncDispose]();
      await presence.settled();
    },
  };
}

/** Takes a session from whoever has it here: its client is banned, and asks for it in vain from now on. */
async function shut(sessionId: string, engine: LiveEngine, presence: Presence): Promise<void> {
  const channel = widgetChannel(sessionId);
  for (const { client } of await engine.presence(channel)) {
    await engine.unsubscribe({ client }, channel);
    presence.leave(client, sessionId);
  }
}

/** Sends whoever has a session of a chat here to connect anew: it is given what the proofs that hold now open. */
async function askAgain(chatId: string, engine: LiveEngine, streams: ChannelStreams): Promise<void> {
  for await (const channel of streams.inChat([...engine.channels()], chatId)) engine.renew(channel);
}

function deliveryBy(engine: LiveEngine): AnnouncementListener {
  return {
    committed(sessionId, events) {
      const channel = widgetChannel(sessionId);
      for (const event of events) engine.publish(channel, event, { offset: event.eventSeq, audience: event.audience });
    },
    reached: (sessionId, eventSeq) => engine.wake(widgetChannel(sessionId), eventSeq),
    passing: (sessionId, event) => engine.publishPassing(widgetChannel(sessionId), event),
  };
}
