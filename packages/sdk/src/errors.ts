const MARK = Symbol.for('molva.error');

/** Reasons by field of a refused call. */
export type FieldReasons = Readonly<Record<string, readonly string[]>>;

/** What is known of a failed call. */
export interface MolvaErrorDetails {
  /** `refused`: the server said no. `unreachable`: nobody answered. `invalid`: the answer makes no sense. */
  readonly kind: 'refused' | 'unreachable' | 'invalid';
  readonly message: string;
  /** What the application, or its user, can do. */
  readonly remedy: string;
  readonly status?: number;
  /** The stable code of the server's error table. */
  readonly code?: string;
  readonly fields?: FieldReasons;
  readonly requestId?: string;
  /** How long the server asks to wait, milliseconds. */
  readonly retryAfter?: number;
}

/** The one error of the SDK. */
export class MolvaError extends Error {
  readonly details: MolvaErrorDetails;

  constructor(details: MolvaErrorDetails, options?: ErrorOptions) {
    super(details.message, options);
    this.name = 'MolvaError';
    this.details = details;
    Object.defineProperty(this, MARK, { value: true });
  }

  /** Whether the same call may succeed later: nobody answered, or the server was busy, slow or failing. */
  shouldRetry(): boolean {
    const { kind, status = 0 } = this.details;
    return kind === 'unreachable' || status === 408 || status === 425 || status === 429 || status >= 500;
  }
}

/** Whether a value is an error of this SDK, of whichever copy of it: two may meet in one page. */
export function isMolvaError(value: unknown): value is MolvaError {
  return typeof value === 'object' && value !== null && MARK in value;
}

/** Whether a session that was open to its client is so no more: it ended so long ago that no proof opens it. */
export function saysEnd({ details }: MolvaError): boolean {
  return details.code === 'session-token-refused' || details.code === 'entity-not-found';
}
