import type { Operation } from './operation.ts';

/** The base that carries every resource. */
export const API_BASE = '/api/v1';

/** The service-prefixed bases that existing integrations use; each carries the same resources. */
export const SERVICE_BASES = ['/api/chats/v1', '/api/bot/v1', '/api/iam/v1'] as const;

/** All bases an operation answers under. */
export const ALL_BASES = [API_BASE, ...SERVICE_BASES] as const;

/** All paths below a base that an operation answers under. */
export function pathsOf(operation: Operation): readonly string[] {
  return [operation.path, ...(operation.aliases ?? [])];
}
