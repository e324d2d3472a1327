/** What a start of a database says meanwhile, and what it obeys. */
export interface Starting {
  /** Told, as a sentence, what takes long. */
  readonly tell: (sentence: string) => void;
  /** Ends a start that takes long. */
  readonly stop: AbortSignal;
  /** Called whenever a program is at work whose end is waited for: who has something else to do does it now. */
  readonly waiting?: () => void;
}
