import { isIPv6 } from 'node:net';

/**
 * Whom an address stands for when calls are counted: an IPv4 address itself, of an IPv6 one its network of 64 bits, as
 * that is what one subscriber gets and may choose any address in.
 */
export function subscriberOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
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
