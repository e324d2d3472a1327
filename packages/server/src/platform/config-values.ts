import { isIP } from 'node:net';

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

/** A comma list of origins, or `*`. */
export function parseOrigins(text: string): readonly string[] {
  return list(text).map((entry) => {
    if (entry === '*') return entry;
    const origin = URL.parse(entry)?.origin;
    if (origin !== entry.replace(/\/$/, ''))
      throw new Error(`must be a comma list of origins such as https://shop.example, or *; "${entry}" is none`);
    return origin;
  });
}

/** A comma list of hosts, addresses and networks in CIDR form. */
export function parseAllow(text: string): readonly string[] {
  return list(text).map((entry) => {
    const [address = '', bits] = entry.split('/');
    const version = isIP(address);
    const network =
      version !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)));
    const host = version === 0 && bits === undefined && /^[a-z0-9.-]+$/i.test(address);
    if (!network && !host)
      throw new Error(`must be a comma list of hosts or networks such as 10.0.0.0/8; "${entry}" is none`);
    return entry.toLowerCase();
  });
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
