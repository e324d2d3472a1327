import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** What is signed: the call's id, which is the same in each of its tries, the instant of this one, and its body. */
export interface SignedCall {
  readonly id: string;
  /** Milliseconds. */
  readonly at: number;
  readonly body: string;
}

/**
 * The headers of a call that is signed: `X-Signature`, the HMAC-SHA256 of the body in hexadecimal, and those of Standard
 * Webhooks, whose signature covers id and instant too, so that a call that was listened to is good for minutes alone.
 */
export function signatureHeaders(secret: string, { id, at, body }: SignedCall): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const standard = createHmac('sha256', standardKey(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'x-signature': createHmac('sha256', secret).update(body).digest('hex'),
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${standard}`,
  };
}

/** The key of a secret as the libraries of Standard Webhooks read it: base64 behind `whsec_`, else its bytes. */
function standardKey(secret: string): KeyObject {
  const coded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  return createSecretKey(coded === undefined ? Buffer.from(secret) : Buffer.from(coded, 'base64'));
}
