import type { Database } from '../../platform/database.ts';
import type { Clock, Elapsed } from '../../platform/clock.ts';
import type { DueRunner } from '../../platform/due.ts';
import type { DeliveryOutcome } from '../../platform/figures.ts';
import { isoInstant } from '../../platform/instant.ts';
import { shortId } from '../../platform/log.ts';
import type { Notices } from '../../platform/notices.ts';
import { OutgoingError, type Outgoing } from '../../platform/outgoing.ts';
import { RateCounter } from '../../platform/rate-counter.ts';
import { signatureHeaders } from '../../platform/signatures.ts';
import { deliveryPlace, type Vault } from '../../platform/vault.ts';
import type { CallProofs } from '../sessions/index.ts';

/** Waits before the tries after the first. */
const RETRY_MS = [5_000, 30_000, 120_000] as const;
/** After this a run comes again instead of going on: whoever waits for its place has a turn. */
const RUN_MS = 30_000;

/** Sessions whose calls may be under way at a time: those of companies, and those that visitors asked for. */
const AT_ONCE = 256;
const AT_ONCE_VISITORS = 32;

const next = {
  name: 'delivery_next',
  text: `select id, url, body, proof, caller, attempts, not_before from deliveries
    where session_id = $1 and (caller is not null) = $2 order by id limit 1`,
};
const remove = { name: 'delivery_remove', text: 'delete from deliveries where id = $1' };
const failed = {
  name: 'delivery_failed',
  text: 'update deliveries set attempts = attempts + 1, not_before = $2::timestamptz where id = $1',
};

interface Row extends Record<string, unknown> {
  readonly id: number;
  readonly url: string;
  readonly body: string;
  readonly proof: 'signature' | 'push' | null;
  readonly caller: string | null;
  readonly attempts: number;
  readonly not_before: number | null;
}

/** A call as it goes out. */
interface Call {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What sending needs. */
export interface DeliveryPorts {
  readonly database: Database;
  readonly clock: Clock & Elapsed;
  readonly due: DueRunner;
  readonly outgoing: Outgoing;
  readonly notices: Notices;
  readonly vault: Vault;
  /** What the calls of a session prove themselves by now. */
  readonly proofsOf: (sessionId: string) => Promise<CallProofs>;
  /** Calls a minute to addresses that visitors of one address named; 0 for no limit. */
  readonly visitorCalls: number;
  readonly countDelivery: (outcome: DeliveryOutcome) => void;
}

/**
 * Sends the outgoing calls of sessions: within a session one after another, each tried four times. What may not be sent
 * at all is given up at once, so that it keeps nothing waiting. Those that visitors asked for go beside the company's, to
 * the public internet alone, and so many a minute.
 */
export class Deliveries {
  readonly #ports: DeliveryPorts;
  readonly #visitors: RateCounter;

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
    this.#visitors = new RateCounter(ports.visitorCalls, ports.clock);
    ports.due.handle('session-delivery', (sessionId) => this.#send(sessionId, false), { atOnce: AT_ONCE });
    ports.due.handle('session-visitor-delivery', (sessionId) => this.#send(sessionId, true), {
      atOnce: AT_ONCE_VISITORS,
    });
  }

  async #send(sessionId: string, visitors: boolean): Promise<number | null> {
    const { clock, database } = this.#ports;
    const until = clock.elapsed() + RUN_MS;
    for (;;) {
      const [row] = await database.query<Row>(next, [sessionId, visitors]);
      if (row === undefined) return null;
      if (clock.elapsed() >= until) return clock.now();
      // A later call wishes for a run at once; the one that failed keeps its wait, and its place.
      if (row.not_before !== null && row.not_before > clock.now()) return row.not_before;
      const failure = await this.#try(row, sessionId);
      // It was called off as the process stops: that is no try, and whoever starts next makes it.
      if (failure?.reason === 'aborted') return clock.now();
      const wait = failure === undefined || failure.reason === 'refused' ? undefined : RETRY_MS[row.attempts];
      this.#ports.countDelivery(failure === undefined ? 'delivered' : wait === undefined ? 'given_up' : 'retried');
      if (failure !== undefined) this.#tell(row, sessionId, failure, wait !== undefined);
      if (wait !== undefined) {
        const again = clock.now() + wait;
        await database.query(failed, [row.id, isoInstant(again)]);
        return again;
      }
      await database.query(remove, [row.id]);
    }
  }

  async #try(row: Row, sessionId: string): Promise<OutgoingError | undefined> {
    const { outgoing, notices } = this.#ports;
    if (row.caller !== null && this.#visitors.tries(row.caller, 1) > 0) {
      notices.tell('visitor-calls-limited');
      return new OutgoingError('refused', 'its visitor asked for more calls than it may');
    }
    const call = await this.#callOf(row, sessionId);
    if (typeof call === 'string') return new OutgoingError('refused', call);
    try {
      await outgoing.post(call.url, call.body, call.headers, row.caller === null ? 'company' : 'visitor');
      return undefined;
    } catch (error) {
      if (error instanceof OutgoingError) return error;
      return new OutgoingError('unreachable', (error as Error).message);
    }
  }

  /** A call as it goes out in this try, or why it never will: it is signed anew, as the signature tells when. */
  async #callOf({ id, url, body, proof }: Row, sessionId: string): Promise<Call | string> {
    const { clock, proofsOf, vault } = this.#ports;
    const place = deliveryPlace(sessionId);
    const opened = { url: vault.open(url, place), body: vault.open(body, place) };
    if (opened.url === null || opened.body === null) return 'the data key it was sealed with is given up';
    const call = { url: opened.url, body: opened.body };
    if (proof === null) return { ...call, headers: {} };
    const { secret, pushKey } = await proofsOf(sessionId);
    if (proof === 'push') {
      // Where there is no key nothing is pushed: what was said before it was taken away is no exception.
      return pushKey ? { ...call, headers: { authorization: `key=${pushKey}` } } : 'the chat pushes no more';
    }
    const signed = { id: `msg_${id}`, at: clock.now(), body: call.body };
    return { ...call, headers: secret === null ? {} : signatureHeaders(secret, signed) };
  }

  #tell(row: Row, sessionId: string, failure: OutgoingError, again: boolean): void {
    const { notices, vault } = this.#ports;
    if (row.caller !== null) return notices.tell('visitor-call-failed', { reason: failure.reason });
    // Paths and queries of such addresses are secrets as often as not.
    const to = URL.parse(vault.open(row.url, deliveryPlace(sessionId)) ?? '')?.origin ?? null;
    const what = { session: shortId(sessionId), to, attempts: row.attempts + 1, reason: failure.message };
    notices.tell(again ? 'call-failed' : 'call-given-up', what);
  }
}
