import type { EventPage, ListPage, Message, MessageAccepted, SessionStarted, StartSessionBody } from '@molva/contract';
import { MolvaError } from './errors.ts';
import type { OutgoingMessage } from './outbox/outbox.ts';

/** The HTTP calls of a chat. */
export class Api {
  readonly #base: string;
  readonly #fetch: typeof fetch;
  /** Proves that the session is ours, where the chat asks for it. */
  sessionToken: string | undefined;

  constructor(url: string, fetcher: typeof fetch) {
    this.#base = `${url.replace(/\/+$/, '')}/api/v1`;
    this.#fetch = fetcher;
  }

  /** Starts or continues a session; the same key answers the same one. */
  start(chatId: string, continues: boolean, body: StartSessionBody, key: string): Promise<SessionStarted> {
    return this.#call(continues ? 'PUT' : 'POST', `/chats/${encodeURIComponent(chatId)}/sessions`, body, key);
  }

  send(sessionId: string, message: OutgoingMessage): Promise<MessageAccepted> {
    const { body, attachments, replyToMessageId, clientMessageId } = message;
    return this.#call('POST', `/sessions/${sessionId}/clients/messages`, {
      body,
      clientMessageId,
      ...(attachments.length === 0 ? {} : { attachments }),
      ...(replyToMessageId === null ? {} : { replyToMessageId }),
    });
  }

  events(sessionId: string, after: number): Promise<EventPage> {
    return this.#call('GET', `/sessions/${sessionId}/events?after=${after}&limit=200`);
  }

  /** Messages before a place, newest first. */
  history(sessionId: string, before: number, limit: number): Promise<ListPage<Message>> {
    return this.#call('GET', `/sessions/${sessionId}/messages?before=${before}&limit=${limit}&withoutCount=1`);
  }

  async #call<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
    const headers: Record<string, string> = {};
    if (key !== undefined) headers['idempotency-key'] = key;
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (this.sessionToken !== undefined) headers['authorization'] = `Bearer ${this.sessionToken}`;
    let answer: Response;
    let text: string;
    try {
      const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
      answer = await this.#fetch(this.#base + path, init);
      text = await answer.text();
    } catch (cause) {
      throw new MolvaError(
        {
          kind: 'unreachable',
          message: 'The server cannot be reached',
          remedy:
            'The call is repeated by itself. If it never gets through, check the address and the allowed origins.',
        },
        { cause },
      );
    }
    const parsed = parse(text);
    if (answer.ok && parsed !== undefined) return parsed as T;
    throw answer.ok ? invalid(answer.status) : refusal(answer, parsed);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(status: number): MolvaError {
  return new MolvaError({
    kind: 'invalid',
    message: 'The server answered something that is no JSON',
    remedy: 'Check that the address is that of Molva, not of another service or a proxy page.',
    status,
  });
}

function refusal(answer: Response, parsed: unknown): MolvaError {
  const { error, details } = (parsed ?? {}) as {
    error?: unknown;
    details?: { fields?: Record<string, string[]> } | null;
  };
  const code = answer.headers.get('x-error-code');
  const requestId = answer.headers.get('x-request-id');
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  return new MolvaError({
    kind: 'refused',
    message: typeof error === 'string' ? error : `The server answered ${answer.status}`,
    remedy: details?.fields === undefined ? 'See the code in the error table of the API.' : 'Mend the named fields.',
    status: answer.status,
    ...(code === null ? {} : { code }),
    ...(requestId === null ? {} : { requestId }),
    ...(details?.fields === undefined ? {} : { fields: details.fields }),
    ...(Number.isFinite(seconds) ? { retryAfter: seconds * 1000 } : {}),
  });
}
