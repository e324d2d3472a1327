import { API_BASE, SERVICE_BASES } from '@molva/contract';

/**
 * An address under the base that carries every resource, where it was called under another one: all carry the same, and a
 * router with one of them is made in a quarter of the time.
 */
export function underOneBase(url: string): string {
  const base = SERVICE_BASES.find((other) => url.startsWith(`${other}/`));
  return base === undefined ? url : API_BASE + url.slice(base.length);
}
