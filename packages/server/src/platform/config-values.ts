import { isIP } from 'node:net';
import { readOrigin } from './origins.ts';

/** An http(s) address without a path; answered without a trailing slash. */
export function parsePublicUrl(text: string): string {
  const url = URL.parse(text);
  const plain = url !== null && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/' && url.search === '';
  if (!plain) throw new Error('must be an http or https address without a path');
  return url.origin;
}

/** A PostgreSQL connection address. */
export function parsePostgresUrl(text: string): string {
  if (!/^postgres(ql)?:\/\//.test(text))
    throw new Error('must be an address such as postgres://user@host:5432/database');
  return text;
}

/** A comma list of origins, as `readOrigin` reads each. */
export function parseOrigins(text: string): readonly string[] {
  return list(text).map(readOrigin);
}

/** A comma list of hosts, addresses and networks in CIDR form. */
export function parseAllow(text: string): readonly string[] {
  return list(text).map((entry) => {
    const host = isIP(entry) === 0 && /^[a-z0-9.-]+$/i.test(entry);
    if (!isNetwork(entry) && !host)
      throw new Error(`must be a comma list of hosts or networks such as 10.0.0.0/8; "${entry}" is none`);
    return entry.toLowerCase();
  });
}

/** A comma list of addresses and networks in CIDR form. */
export function parseNetworks(text: string): readonly string[] {
  return list(text).map((entry) => {
    if (!isNetwork(entry))
      throw new Error(`must be a comma list of addresses or networks such as 10.0.0.0/8; "${entry}" is none`);
    return entry;
  });
}

/** A whole number from 0. */
export function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error('must be a whole number from 0');
  return Number(text);
}

/** A host and a port of this machine to listen on. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, or a port alone, which is one of this machine only. */
export function parseHostPort(text: string): HostPort {
  const found = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$|^(\d{1,5})$/i.exec(text);
  const port = Number(found?.[3] ?? found?.[4]);
  if (found === null || port > 65_535)
    throw new Error('must be a host and a port such as 127.0.0.1:9464, or a port alone');
  return { host: found[1] ?? found[2] ?? '127.0.0.1', port };
}

function isNetwork(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
