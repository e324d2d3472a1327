import { Counter, Histogram, type Registry } from 'prom-client';
import type { LiveFigures } from './figures.ts';

/** The name of a figure of the live side that is one number. */
export type LiveName = Exclude<keyof LiveFigures, 'disconnects'>;

/** Figures of the live side as they stand: name and words. */
export const liveGauges = {
  connections: ['molva_live_connections', 'Sockets that are open.'],
  subscriptions: ['molva_live_subscriptions', 'Sessions that sockets follow.'],
  behind: ['molva_live_behind_channels', 'Sessions whose followers wait to be compared with the event log.'],
} as const satisfies Partial<Record<LiveName, readonly [string, string]>>;

/** Figures of the live side that grow: name and words. */
export const liveCounters = {
  delivered: ['molva_live_delivered_total', 'Events handed to sockets.'],
  framesSent: ['molva_live_frames_sent_total', 'Frames written to sockets.'],
  relayed: ['molva_live_relayed_total', 'Events read from the log to be delivered.'],
  relayFailures: ['molva_live_relay_failures_total', 'Readings and deliveries that failed; each is tried again.'],
} as const satisfies Partial<Record<LiveName, readonly [string, string]>>;

/** Hears of the end of a call: its method, and the status the same has over HTTP. */
type CallEnd = (method: string, status: number) => void;

/** Counts answered calls of live connections; each is told of when it begins, for the time it takes. */
export function liveCalls(registry: Registry): () => CallEnd {
  const registers = [registry];
  const calls = new Counter({
    name: 'molva_live_calls_total',
    help: 'Answered calls of live connections, by method and by the status the same has over HTTP.',
    labelNames: ['method', 'status'],
    registers,
  });
  const took = new Histogram({
    name: 'molva_live_call_seconds',
    help: 'Time a call of a live connection took.',
    labelNames: ['method'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10],
    registers,
  });
  // Found once: every message may be a call.
  const found = new Map<
    string,
    { readonly took: Histogram.Internal<'method'>; readonly by: Map<number, Counter.Internal> }
  >();
  const ended = (method: string, status: number, seconds: number): void => {
    let figures = found.get(method);
    if (figures === undefined) found.set(method, (figures = { took: took.labels(method), by: new Map() }));
    let counter = figures.by.get(status);
    if (counter === undefined) figures.by.set(status, (counter = calls.labels(method, String(status))));
    counter.inc();
    figures.took.observe(seconds);
  };
  return () => {
    const began = performance.now();
    return (method, status) => ended(method, status, (performance.now() - began) / 1000);
  };
}
