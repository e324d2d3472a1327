import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * Whom an address stands for when calls are counted: an IPv4 address itself, of an IPv6 one its network of 64 bits, as
 * that is what one subscriber gets and may choose any address in.
 */
export function subscriberOf(address: string): string {
  // Asked of every call: most addresses are of IPv4.
  if (!address.includes(':')) return address;
  const mapped = mappedIn(address);
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.toLowerCase().replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === '' ? 0 : tail.split(':').length;
  // Between both halves as many groups are zero as are missing; a whole address has eight before any gap.
  const zeros = groups.length >= 4 ? 0 : Math.max(0, 8 - groups.length - last);
  const network = [...groups, ...Array.from({ length: zeros }, () => '0'), ...tail.split(':')].slice(0, 4);
  return `${network.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}

/**
 * Whose call a request is: the address of its connection or, where that is a proxy's, the last one that proxies name and
 * that is none of theirs.
 */
export function callerAddress({ socket, headers }: IncomingMessage, isProxy: (address: string) => boolean): string {
  let address = socket.remoteAddress ?? '';
  const named = headers['x-forwarded-for'];
  if (named === undefined || !isProxy(address)) return address;
  for (const hop of String(named).split(',').reverse()) {
    address = withoutPort(hop.trim());
    if (!isProxy(address)) return address;
  }
  return address;
}

/** An address as proxies name it, which may have a port behind it: of one caller each connection has another. */
function withoutPort(named: string): string {
  const ipv6 = /^\[([0-9a-f:.]+)\](:\d+)?$/i.exec(named)?.[1];
  return ipv6 ?? named.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}

/** Tells whether an address is one of these addresses and networks. */
export function isAmong(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of entries) {
    const [network = '', bits] = entry.split('/');
    if (isIPv4(network)) list.addSubnet(network, Number(bits ?? 32), 'ipv4');
    else list.addSubnet(network, Number(bits ?? 128), 'ipv6');
  }
  return (address) => {
    const ipv4 = mappedIn(address) ?? address;
    if (isIPv4(ipv4)) return list.check(ipv4, 'ipv4');
    return isIPv6(address) && list.check(address.replace(/%.*$/, ''), 'ipv6');
  };
}

/** The IPv4 address that stands under its IPv6 name. */
function mappedIn(address: string): string | undefined {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
}
