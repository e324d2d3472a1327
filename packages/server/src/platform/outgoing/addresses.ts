import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** IPv4 that is not the public internet (the IANA special-purpose registry), and what Azure tells its machines from. */
const PRIVATE_IPV4 = networks([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);
/** Global unicast: the rest of IPv6 has a special purpose, or none yet. */
const GLOBAL_IPV6 = networks(['2000::/3']);
/** Within it: protocol assignments, Teredo among them; documentation; 6to4. Tunnels lead to any IPv4, so none is used. */
const PRIVATE_IPV6 = networks(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);
/** How an IPv6-only network names IPv4: the translator is part of the way, not the end of it. */
const NAT64 = networks(['64:ff9b::/96']);

function isPublic(address: string): boolean {
  if (isIPv4(address)) return !PRIVATE_IPV4(address);
  if (NAT64(address)) return isPublic(lastFourBytes(address));
  return GLOBAL_IPV6(address) && !PRIVATE_IPV6(address);
}

/** Tells whether a host may be called at an address; `allow` lists hosts, addresses and networks (CIDR) that may be. */
export function openGuard(allow: readonly string[]): (host: string, address: string) => boolean {
  const hosts = new Set<string>();
  const allowed: string[] = [];
  for (const entry of allow) {
    const url = isIP(entry.split('/')[0] ?? '') === 0 ? URL.parse(`http://${entry}`) : null;
    if (url === null) allowed.push(entry);
    // A host that is spelled as in a URL may turn out to be an address: "127.1" is one.
    else if (isIP(hostOf(url)) === 0) hosts.add(hostOf(url));
    else allowed.push(hostOf(url));
  }
  const admits = networks(allowed);
  return (host, address) => isIP(address) !== 0 && (hosts.has(host) || admits(address) || isPublic(plain(address)));
}

/**
 * Whether an address is in one of these networks. IPv4 under its IPv6 name (::ffff:0:0/96) counts as IPv4; a list for
 * each family keeps ::/0 from admitting IPv4 by that name.
 */
function networks(entries: readonly string[]): (address: string) => boolean {
  const ipv4 = new BlockList();
  const ipv6 = new BlockList();
  for (const entry of entries) {
    const [network = '', bits] = entry.replace(/%[^/]*/, '').split('/');
    if (isIPv4(network)) ipv4.addSubnet(network, Number(bits ?? 32), 'ipv4');
    else if (isMapped(network) && Number(bits ?? 128) >= 96) ipv4.addSubnet(network, Number(bits ?? 128), 'ipv6');
    else if (isIPv6(network)) ipv6.addSubnet(network, Number(bits ?? 128), 'ipv6');
  }
  return (address) => {
    const known = plain(address);
    return isIPv4(known) ? ipv4.check(known, 'ipv4') : ipv6.check(known, 'ipv6');
  };
}

/** An address without a zone, and as IPv4 where it is one. */
function plain(address: string): string {
  const bare = address.replace(/%.*$/, '');
  return isMapped(bare) ? lastFourBytes(bare) : bare;
}

function isMapped(address: string): boolean {
  return isIPv6(address) && /^\[::ffff:[0-9a-f]+:[0-9a-f]+\]$/.test(new URL(`http://[${address}]`).hostname);
}

/** The end of an IPv6 address as IPv4. */
function lastFourBytes(address: string): string {
  const words = new URL(`http://[${address}]`).hostname.slice(1, -1).replace('::', ':0:').split(':');
  const [high = 0, low = 0] = words.slice(-2).map((word) => Number.parseInt(`0${word}`, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The host of a URL as it is looked up: in lower case, an address without brackets and in its usual spelling. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$|\.$/g, '');
}
