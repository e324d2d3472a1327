import { createHash } from 'node:crypto';

/** Where the parts of the wire that have names stand in the OpenAPI document. */
interface Documented {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly webhooks: Readonly<Record<string, unknown>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * The wire as lines, each a part of it and a hash of all that is said of it: a change shows which parts it touched. A
 * line that only came is something new, which old clients do not know; one that changed or went is what they use.
 */
export async function wireShape(): Promise<string> {
  // Built like the surface it stands beside, and so not there when the checks begin.
  const { eventSchemas, openApiDocument, operations, rpcSchemas, WidgetConnectData } = await import('@molva/contract');
  const document = openApiDocument(Object.values(operations), 'https://example.com', '0');
  const { paths, webhooks, components, ...rest } = document as unknown as Documented;
  const parts = [
    ...Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => [`${method} ${path}`, operation] as const),
    ),
    ...named('webhook', webhooks),
    ...Object.entries(components).flatMap(([kind, entries]) => named(kind, entries)),
    ...named('event', eventSchemas),
    ...named('rpc', { ...rpcSchemas, connect: WidgetConnectData }),
    ['document', rest] as const,
  ];
  return parts.map(([name, part]) => `// wire ${name} ${hashOf(part)}`).join('\n');
}

/** The parts of the wire that one text has and another has not, or has otherwise. Parts that only came are none of them. */
export function changedParts(known: string, now: string): string[] {
  const lines = new Set(now.split('\n'));
  return known.split('\n').flatMap((line) => {
    const [, part] = /^\/\/ wire (.*) \w+$/.exec(line) ?? [];
    return part === undefined || lines.has(line) ? [] : [part];
  });
}

function named(kind: string, entries: Readonly<Record<string, unknown>>) {
  return Object.entries(entries).map(([name, part]) => [`${kind} ${name}`, part] as const);
}

function hashOf(part: unknown): string {
  return createHash('sha256').update(JSON.stringify(part)).digest('hex').slice(0, 12);
}
