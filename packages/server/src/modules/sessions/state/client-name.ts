import type { SessionOptions } from './session.ts';

/** What a client is called: its own name, its first and its last name. */
export type ClientNames = readonly [name: string | null, first: string | null, last: string | null];

/** The name others see for a client: the one chosen for operators, else its own, else what it is made of. */
export function clientName([name, ...parts]: ClientNames, { clientNameForOperator }: SessionOptions): string {
  return clientNameForOperator ?? name ?? parts.filter((part) => part !== null && part !== '').join(' ');
}
