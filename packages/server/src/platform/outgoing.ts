import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import type { Client, Dispatcher } from 'undici';
import { hostOf, openGuard } from './outgoing/addresses.ts';

/** One call to an address that a user of Molva set. */
export interface OutgoingRequest {
  readonly url: string;
  /** POST where nothing is said. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for the whole call, from looking the name up to the last byte of the answer; 10,000 by default. */
  readonly timeoutMs?: number;
  /** Bytes an answer may have; 1 MiB by default. */
  readonly maxBytes?: number;
  /** Calls the call off. */
  readonly signal?: AbortSignal;
  /** Who named the address; the company where nothing is said. What a visitor names is on the public internet. */
  readonly namedBy?: NamedBy;
}

/** Who named an address that is called. */
export type NamedBy = 'company' | 'visitor';

/** What the other side said, read as UTF-8. */
export interface OutgoingAnswer {
  readonly status: number;
  /** As it was sent; empty where it was not. */
  readonly contentType: string;
  readonly body: string;
}

/** Why a call came to nothing. What is `refused` was not sent, and trying again changes nothing. */
export type OutgoingReason = 'refused' | 'unreachable' | 'timeout' | 'too-large' | 'redirect' | 'status' | 'aborted';

/**
 * A call that came to nothing: its text says what failed and what to do. It holds nothing of the answer, not even as a
 * cause, as such texts are shown and logged.
 */
export class OutgoingError extends Error {
  readonly reason: OutgoingReason;

  constructor(reason: OutgoingReason, message: string) {
    super(message);
    this.name = 'OutgoingError';
    this.reason = reason;
  }
}

/** Calls to addresses that users of Molva set; closing it calls off those under way. */
export interface Outgoing extends AsyncDisposable {
  /** Any status resolves, except redirects, which are refused; throws OutgoingError. */
  request(request: OutgoingRequest): Promise<OutgoingAnswer>;
  /** Posts JSON: 2xx is success whatever the answer says, everything else throws OutgoingError. */
  post(url: string, body: string, headers?: Readonly<Record<string, string>>, namedBy?: NamedBy): Promise<void>;
}

/** Finds the addresses of a host name; throws where there are none. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** The client is a hundred files: a start does not wait for them, and the first call finds them loaded. */
const loadClient = async (): Promise<typeof Client> => (await import('undici')).Client;
const LOADED_AFTER_MS = 1_000;

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;
const NO_LIMIT = -1;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Opens the one client for outgoing calls. The addresses of a name are looked up once, checked, and connected to as
 * checked, so that a name cannot lead elsewhere in between; each call has a connection of its own, so that none passes
 * on an older check. `allow` lists hosts, addresses and networks that pass all the same where the company names them, and
 * `visitors` those that pass where a visitor does: none, but in tests.
 */
export function openOutgoing(
  allow: readonly string[],
  resolve: ResolveHost = resolveByDns,
  visitors: readonly string[] = [],
): Outgoing {
  const guards = { company: openGuard(allow), visitor: openGuard(visitors) };
  const running = new Map<() => void, Promise<unknown>>();
  const loading = setTimeout(() => void loadClient().catch(() => undefined), LOADED_AFTER_MS).unref();
  let closed = false;

  async function addressesOf(host: string, namedBy: NamedBy): Promise<readonly string[]> {
    const addresses =
      isIP(host) === 0 ? await resolve(host).catch((error: unknown) => unresolved(host, error)) : [host];
    if (addresses.length === 0) unresolved(host);
    // A name with one address inside and one outside is refused as a whole: nobody has that by accident.
    if (!addresses.every((address) => guards[namedBy](host, address))) {
      throw new OutgoingError('refused', `${host} is in a private network; MOLVA_OUTGOING_ALLOW can admit it`);
    }
    return addresses;
  }

  async function call<T>(request: OutgoingRequest, maxBytes: number, read: Read<T>): Promise<T> {
    const url = checkedUrl(request.url);
    const headers = checkedHeaders(request.headers ?? {});
    const { timeoutMs = TIMEOUT_MS, signal, namedBy = 'company' } = request;
    const host = hostOf(url);
    const end = new AbortController();
    const late = `${host} did not answer in full within ${timeoutMs} ms; make it answer sooner`;
    const timer = setTimeout(() => end.abort(new OutgoingError('timeout', late)), timeoutMs);
    const callOff = (): void => end.abort(new OutgoingError('aborted', `the call to ${host} was called off`));
    signal?.addEventListener('abort', callOff);
    if (closed || signal?.aborted === true) callOff();
    const terms = {
      timeoutMs,
      maxBytes,
      signal: end.signal,
      addressesOf: (name: string) => addressesOf(name, namedBy),
      read,
    };
    const run = exchange(url, { ...request, headers }, terms);
    running.set(callOff, run);
    try {
      return await run;
    } catch (error) {
      if (end.signal.aborted) throw end.signal.reason;
      throw failureOf(error, host, maxBytes);
    } finally {
      running.delete(callOff);
      signal?.removeEventListener('abort', callOff);
      clearTimeout(timer);
    }
  }

  return {
    request(request) {
      return call(request, request.maxBytes ?? MAX_BYTES, async ({ statusCode, headers, body }) => {
        const bytes = await body.bytes();
        const contentType = [headers['content-type'] ?? ''].flat()[0] ?? '';
        return { status: statusCode, contentType, body: new TextDecoder().decode(bytes) };
      });
    },
    post(url, body, headers, namedBy = 'company') {
      const request = { url, body, headers: { 'content-type': 'application/json', ...headers }, namedBy };
      return call(request, NO_LIMIT, async ({ statusCode, body: rest }, host, signal) => {
        if (statusCode < 200 || statusCode > 299) {
          const text = `${host} answered ${statusCode} where 2xx is expected; its log may say why`;
          throw new OutgoingError('status', text);
        }
        // The status said it all: a bad rest would make the call be repeated, and the receiver hear of it twice.
        await rest.dump({ limit: MAX_BYTES, signal }).catch(() => undefined);
      });
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      clearTimeout(loading);
      for (const callOff of running.keys()) callOff();
      await Promise.allSettled(running.values());
    },
  };
}

type Read<T> = (answer: Dispatcher.ResponseData, host: string, signal: AbortSignal) => Promise<T>;

interface Terms<T> {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly addressesOf: (host: string) => Promise<readonly string[]>;
  readonly read: Read<T>;
}

/** One call over a connection of its own, which ends with it. */
async function exchange<T>(url: URL, request: OutgoingRequest, terms: Terms<T>): Promise<T> {
  const { method = 'POST', headers = {}, body = null } = request;
  const { signal, timeoutMs } = terms;
  const host = hostOf(url);
  const addresses = await unlessAborted(signal, terms.addressesOf(host));
  const OneConnection = await loadClient();
  const client = new OneConnection(url.origin, {
    connect: { lookup: always(addresses), timeout: timeoutMs },
    // One connection has one call: there is nothing to multiplex.
    allowH2: false,
    // The signal is the only clock; these would begin anew with every byte.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: terms.maxBytes,
  });
  try {
    const path = url.pathname + url.search;
    const answer = await client.request({ path, method, headers, body, signal, reset: true });
    if (REDIRECTS.includes(answer.statusCode)) {
      const text = `${host} answered ${answer.statusCode}, and redirects are not followed; set the address it leads to`;
      throw new OutgoingError('redirect', text);
    }
    return await terms.read(answer, host, signal);
  } finally {
    await client.destroy();
  }
}

function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((done, failed) => {
    work.then(done, failed);
    signal.addEventListener('abort', () => failed(signal.reason));
    if (signal.aborted) failed(signal.reason);
  });
}

/** A lookup that knows its answer. */
function always(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    if (options.all === true) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };
}

async function resolveByDns(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function unresolved(host: string, error?: unknown): never {
  throw new OutgoingError('unreachable', `${host} cannot be resolved${codeOf(error)}; check the name`);
}

function failureOf(error: unknown, host: string, maxBytes: number): OutgoingError {
  if (error instanceof OutgoingError) return error;
  const code = codeOf(error);
  if (code.includes('UND_ERR_RES_EXCEEDED_MAX_SIZE')) {
    return new OutgoingError('too-large', `the answer of ${host} has more than ${maxBytes} bytes; make it smaller`);
  }
  return new OutgoingError('unreachable', `the call to ${host} failed${code}; check that it answers there`);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return ` (${'code' in error && typeof error.code === 'string' ? error.code : error.name})`;
}

function checkedUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new OutgoingError('refused', 'the address is no URL; it looks like https://example.org/hook');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new OutgoingError('refused', `the address begins with ${url.protocol}; only http: and https: are called`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new OutgoingError('refused', 'the address holds a user name or a password; send a header instead');
  }
  // "localhost." and "localhost" are one host, for whoever checks it and in certificates.
  url.hostname = url.hostname.replace(/\.$/, '');
  return url;
}

/** Headers that say how the message is framed or where it goes: set by hand, they smuggle a second one. */
const OWN_HEADERS =
  /^(host|connection|content-length|expect|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;

/** In lower case, so that a header given in two spellings is sent once. */
function checkedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked = new Map<string, string>();
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    const refuse = (why: string): never => {
      throw new OutgoingError('refused', `the header ${JSON.stringify(given.slice(0, 100))} ${why}`);
    };
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) refuse('has a name HTTP does not allow; use letters and hyphens');
    if (OWN_HEADERS.test(name)) refuse('is set by Molva itself; leave it out');
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) refuse('has characters that HTTP does not allow; encode its value');
    checked.set(name, value);
  }
  return Object.fromEntries(checked);
}
