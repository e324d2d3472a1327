/** A value of the protocol by field name. Payloads are `Payload`s, everything else is plain. */
export type Value = Record<string, unknown>;

/** A payload as it travels: JSON text, never parsed and written again on its way. */
export class Payload {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A command as it was read. `data` fields hold parsed JSON. */
export interface CommandValue {
  readonly id: number;
  /** The name of its request, undefined for a pong. */
  readonly method: string | undefined;
  readonly request: Value;
}
