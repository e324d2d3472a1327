import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { Agent, request } from 'undici';

/** Calls to addresses that users of Molva set. */
export interface Outgoing extends AsyncDisposable {
  /** Posts JSON; throws an Error that says what failed. Any 2xx is success, a redirect is not followed. */
  post(url: string, body: string): Promise<void>;
}

const TIMEOUT_MS = 10_000;

/** Networks that are not the public internet (the IANA special-purpose registries), cloud metadata among them. */
const PRIVATE: readonly [network: string, bits: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['100::', 64],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
];

/**
 * Opens the one client for outgoing calls. Every address is looked up, checked, and then connected to as checked, so
 * that a name cannot lead elsewhere in between. `allow` lists hosts and networks that pass all the same.
 */
export function openOutgoing(allow: readonly string[]): Outgoing {
  const refused = blockList(PRIVATE);
  const networks = allow.filter((entry) => isIP(entry.split('/')[0] ?? '') !== 0);
  const allowed = blockList(
    networks.map((entry) => {
      const [address = '', bits] = entry.split('/');
      return [address, bits === undefined ? (isIP(address) === 4 ? 32 : 128) : Number(bits)];
    }),
  );
  const passes = (host: string, address: string): boolean => {
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    return allow.includes(host.toLowerCase()) || allowed.check(address, family) || !refused.check(address, family);
  };
  const resolve = async (host: string): Promise<{ address: string; family: number }> => {
    const found = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host, family: isIP(host) }];
    const usable = found.find(({ address }) => passes(host, address));
    if (usable === undefined || found.some(({ address }) => !passes(host, address))) {
      throw new Error(`${host} is in a private network; MOLVA_OUTGOING_ALLOW can admit it`);
    }
    return usable;
  };
  const agent = new Agent({
    connect: {
      timeout: TIMEOUT_MS,
      lookup(host, options, callback) {
        resolve(host).then(
          ({ address, family }) =>
            options.all === true ? callback(null, [{ address, family }]) : callback(null, address, family),
          (error: Error) => callback(error as NodeJS.ErrnoException, '', 0),
        );
      },
    },
    maxResponseSize: 1024 * 1024,
  });
  return {
    async post(url, body) {
      // A literal address is never looked up, so it is checked here.
      const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
      if (isIP(host) !== 0) await resolve(host);
      const answer = await request(url, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/json' },
        body,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.body.dump();
      if (answer.statusCode < 200 || answer.statusCode > 299)
        throw new Error(`the address answered ${answer.statusCode}`);
    },
    async [Symbol.asyncDispose]() {
      await agent.destroy();
    },
  };
}

function blockList(networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, bits] of networks) list.addSubnet(network, bits, isIP(network) === 4 ? 'ipv4' : 'ipv6');
  return list;
}
