import { cut } from '../../platform/text.ts';
import { wireDate } from '@molva/contract';
import type { Clock } from '../../platform/clock.ts';
import { Failure } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import { OutgoingError, type Outgoing } from '../../platform/outgoing.ts';
import { signatureHeaders } from '../../platform/signatures.ts';
import {
  dialogIdOf,
  shownProof,
  type AskContext,
  type BotInput,
  type BotStart,
  type BotTurn,
  type HotSession,
  type RemoteBot,
  type RemoteQuestion,
} from '../sessions/index.ts';
import { systemVariables } from './scenario/index.ts';
import { systemSource } from './system-source.ts';
import { readAnswer, type WebhookState } from './webhook-answer.ts';

/** Where a webhook bot lives; the time a later answer may take is in seconds. */
export interface WebhookSettings {
  readonly url: string;
  readonly secret: string;
  readonly answerTimeout: number;
}

/** What a webhook bot is made of. */
export interface WebhookBotParts {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  readonly webhook: WebhookSettings;
  readonly outgoing: Pick<Outgoing, 'request'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly publicUrl: string;
}

/** Seconds a later answer may take where the bot does not say. */
export const DEFAULT_ANSWER_TIMEOUT = 30;

const TRY_MS = 3_000;
/** Waits before the tries after the first, for whoever just restarts; whoever was slow had its time. */
const WAITS_MS = [250, 500] as const;
const MAX_BYTES = 262_144;

/** A bot that an integrator runs: it is asked over HTTP, and answers at once or later. */
export class WebhookBot implements RemoteBot {
  readonly kind = 'remote';
  readonly id: string;
  readonly name: string;
  readonly language: string;
  /** How long an answer that comes later may take, in milliseconds. */
  readonly answerTimeoutMs: number;
  readonly #parts: WebhookBotParts;

  constructor(parts: WebhookBotParts) {
    this.id = parts.id;
    this.name = parts.name;
    this.language = parts.language;
    this.answerTimeoutMs = parts.webhook.answerTimeout * 1000;
    this.#parts = parts;
  }

  /** Its blocks are its own: any can be started at. */
  hasNode(): boolean {
    return true;
  }

  begin(start: BotStart): WebhookState {
    return { variables: { ...start.clientMetadata, ...start.variables }, results: {} };
  }

  withVariables(state: unknown, start: BotStart): WebhookState {
    const { variables, results } = state as WebhookState;
    return { variables: { ...variables, ...start.clientMetadata, ...start.variables }, results };
  }

  systemVariables(session: HotSession, now: number): Readonly<Record<string, unknown>> {
    return systemVariables(systemSource(session, now, ''));
  }

  /**
   * Asks in three tries. Throws an Error whose text says why none came to anything, or the OutgoingError of an address
   * that may not be called and of a call that this process called off.
   */
  async ask(
    session: HotSession,
    state: unknown,
    question: RemoteQuestion,
    { signal }: Pick<AskContext, 'signal'>,
  ): Promise<BotTurn | 'later'> {
    const body = JSON.stringify(this.#question(session, state as WebhookState, question));
    let reason = '';
    for (const wait of [...WAITS_MS, null]) {
      try {
        return await this.#try(body, question, state as WebhookState, signal);
      } catch (error) {
        if (isFinal(error) || signal.aborted) throw error;
        reason = (error as Error).message;
        if (wait !== null && !isTimeout(error)) await this.#rest(wait, signal);
      }
    }
    throw new Error(
      `The webhook of the bot "${this.name}" gave no answer of use in three tries; the last time ${reason}`,
    );
  }

  read(state: unknown, answer: unknown, input?: BotInput): BotTurn {
    const { clock, ids, publicUrl } = this.#parts;
    return readAnswer(state as WebhookState, answer, input?.kind, { ids, publicUrl, now: clock.now() });
  }

  async #try(
    body: string,
    { id, input }: RemoteQuestion,
    state: WebhookState,
    signal: AbortSignal,
  ): Promise<BotTurn | 'later'> {
    const { outgoing, webhook } = this.#parts;
    const answer = await outgoing.request({
      url: webhook.url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...signatureHeaders(webhook.secret, { id, at: this.#parts.clock.now(), body }),
        'idempotency-key': id,
      },
      body,
      timeoutMs: TRY_MS,
      maxBytes: MAX_BYTES,
      signal,
    });
    if (answer.status === 202) return 'later';
    if (answer.status !== 200) throw new Error(`it answered ${answer.status}`);
    try {
      return this.read(state, parse(answer.body), input);
    } catch (error) {
      throw error instanceof Failure ? new Error(`its answer did not fit: ${sentence(error)}`) : error;
    }
  }

  #question(session: HotSession, { variables }: WebhookState, { id, input, replyToken }: RemoteQuestion): object {
    const { clock, publicUrl } = this.#parts;
    const { clientTimezone } = session.options;
    const message = 'message' in input && input.message !== undefined ? input.message : null;
    return {
      id,
      createdAt: wireDate(clock.now()),
      kind: input.kind,
      botId: this.id,
      dialogId: dialogIdOf(session),
      sessionId: session.id,
      chatId: session.chatId,
      clientId: session.clientId,
      language: this.language,
      ...(session.clientName === '' ? {} : { clientName: session.clientName }),
      ...(clientTimezone === undefined ? {} : { clientTimezone }),
      verified: shownProof(session.verified),
      message,
      ...('nodeId' in input ? { nodeId: input.nodeId } : {}),
      variables,
      reply: { url: `${publicUrl}/api/v1/botanswers/${encodeURIComponent(replyToken)}` },
    };
  }

  /** Waits before the next try; not where the answer is no longer wanted. */
  #rest(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((rested, gone) => {
      const timer = this.#parts.clock.setTimeout(rested, milliseconds);
      const leave = (): void => {
        timer.cancel();
        gone(new Error('its answer is no longer wanted'));
      };
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}

/** Whether trying again changes nothing, or nobody is there any more to try again. */
function isFinal(error: unknown): error is OutgoingError {
  return error instanceof OutgoingError && (error.reason === 'refused' || error.reason === 'aborted');
}

function isTimeout(error: unknown): boolean {
  return error instanceof OutgoingError && error.reason === 'timeout';
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Error('its answer was no JSON');
  }
}

function sentence(failure: Failure): string {
  const faults = Object.entries(failure.fields ?? {}).map(([field, reasons]) =>
    `${field} ${reasons.join(', ')}`.trim(),
  );
  return faults.length === 0 ? failure.message : cut(faults.join('; '), 500);
}
