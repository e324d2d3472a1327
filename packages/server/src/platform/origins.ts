import { literal } from './text.ts';

/** What browsers call pages of other origins by, and whether they may call. */
export interface Origins {
  /**
   * Whether a page may.
   * @param origin as its browser says it
   * @param host whom it calls: a page of the same host is one of this server's own
   */
  allow(origin: string, host: string | undefined): boolean;
}

/** Pages that are files have no origin that says more: some browsers call it `null`, others by its scheme. */
const FILES = ['null', 'file://'];
const FORM = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@]*)\/?$/i;
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_*.-]+)(:\d{1,5})?$/;

/**
 * Reads an origin that is named: `*`, `null`, `file://`, or scheme, host and port, the host with one `*` at most. Answers
 * it as browsers say it; throws an Error that says what is wrong.
 */
export function readOrigin(entry: string): string {
  if (entry === '*' || FILES.includes(entry)) return entry;
  const [, scheme = '', given = ''] =
    FORM.exec(entry) ?? refuse(entry, 'has to be a scheme and a host, without a path');
  const host = asciiHost(scheme, given);
  if (!HOST.test(host)) refuse(entry, 'has no host, or one that is none');
  const stars = host.split('*').length - 1;
  if (stars > 1) refuse(entry, 'has more than one *');
  // Whoever registers a name could be meant.
  if (/\*(:\d+)?$/.test(host))
    refuse(entry, 'ends its host with *, which would let in names that anybody can register');
  return `${scheme.toLowerCase()}://${host}`;
}

/** The origins that are let in: those that are named, and this server's own. */
export function originsOf(named: readonly string[], own: readonly string[]): Origins {
  const files = named.some((origin) => FILES.includes(origin));
  const exact = new Set([...named.filter((origin) => !origin.includes('*')), ...own, ...(files ? FILES : [])]);
  const patterns = named.filter((origin) => origin.includes('*') && origin !== '*').map(patternOf);
  const any = named.includes('*');
  return {
    allow: (origin, host) =>
      any ||
      exact.has(origin) ||
      (host !== undefined && hostOf(origin) === host.toLowerCase()) ||
      patterns.some((pattern) => pattern.test(origin)),
  };
}

/** A host as browsers write it: in ASCII, without the port that its scheme has anyway. */
function asciiHost(scheme: string, host: string): string {
  if (!/^https?$/i.test(scheme)) return host.toLowerCase();
  // A star is no letter of a host; a name that nobody has stands for it meanwhile.
  const placed = host.replaceAll('*', 'x--star--x');
  return URL.parse(`${scheme}://${placed}`)?.host.replaceAll('x--star--x', '*') ?? host.toLowerCase();
}

/** A star is one or more characters of names: `https://*.shop.example` is every name below it, and not itself. */
function patternOf(origin: string): RegExp {
  const parts = origin.split('*').map(literal);
  return new RegExp(`^${parts.join('[a-z0-9_-]+(?:\\.[a-z0-9_-]+)*')}$`);
}

function hostOf(origin: string): string | undefined {
  return /^https?:\/\/(.+)$/.exec(origin)?.[1];
}

function refuse(entry: string, why: string): never {
  throw new Error(
    `must be a comma list of origins such as https://shop.example or https://*.shop.example, or *; "${entry}" ${why}`,
  );
}
