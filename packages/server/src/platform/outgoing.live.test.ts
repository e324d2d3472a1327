import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openGuard } from './outgoing/addresses.ts';
import { openOutgoing, OutgoingError, type OutgoingRequest } from './outgoing.ts';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A receiver on one address, which counts connections too: a refused one is not even opened. */
class Receiver {
  readonly server: Server;
  readonly received: Received[] = [];
  connections = 0;

  constructor(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    this.server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        this.received.push({ method: request.method, url: request.url, headers: request.headers, body });
        answer(request, response);
      });
    });
    this.server.on('connection', () => this.connections++);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async listen(address: string, port = 0): Promise<void> {
    this.server.listen(port, address);
    await once(this.server, 'listening');
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}

const inside = new Receiver((request, response) => {
  switch (request.url ?? '') {
    case '/redirect':
      return response.writeHead(302, { location: `http://127.0.0.1:${inside.port}/secret` }).end('moved');
    case '/outside':
      return response.writeHead(307, { location: `http://[::1]:${inside.port}/secret` }).end();
    case '/huge':
      return response.end('secret '.repeat(400_000));
    case '/endless':
      return endless(response);
    case '/drip':
      return drip(response);
    case '/silent':
      return undefined;
    case '/broken':
      return response.writeHead(200, { 'content-length': 100 }).write('secret', () => response.destroy());
    case '/nonsense':
      return response.socket?.end('secret nonsense\r\n\r\n');
    case '/failing':
      return response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end('secret');
    default:
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{"said":"да"}');
  }
});
const insideIpv6 = new Receiver((_request, response) => response.end('ok'));
let ipv6 = true;

function endless(response: ServerResponse): void {
  while (!response.destroyed && response.write('x'.repeat(16_384)));
  if (!response.destroyed) response.once('drain', () => endless(response));
}

/** A byte now and then: no wait between two of them is long. */
function drip(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write('x'), 10);
  response.on('close', () => clearInterval(timer));
}

beforeAll(async () => {
  await inside.listen('127.0.0.1');
  ipv6 = await insideIpv6.listen('::1', inside.port).then(
    () => true,
    () => false,
  );
});
beforeEach(() => {
  for (const receiver of [inside, insideIpv6]) {
    receiver.received.length = 0;
    receiver.connections = 0;
  }
});
afterAll(async () => {
  await inside.close();
  await insideIpv6.close();
});

function here(path = '/ok', host = '127.0.0.1'): string {
  return `http://${host}:${inside.port}${path}`;
}

function untouched(): void {
  expect([inside.connections, insideIpv6.connections]).toEqual([0, 0]);
}

/** How a call fails: the reason and the text. */
async function failure(call: Promise<unknown>): Promise<{ reason: string; message: string }> {
  const error = await call.then(
    () => new Error('the call was made'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OutgoingError)) throw error;
  expect(error.message).not.toContain('secret');
  expect(error.cause).toBeUndefined();
  return { reason: error.reason, message: error.message };
}

describe('outgoing calls never reach a private network', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['a name of loopback', 'localhost'],
    ['capitals', 'LOCALHOST'],
    ['a trailing dot', 'localhost.'],
    ['an address with a trailing dot', '127.0.0.1.'],
    ['the short form', '127.1'],
    ['decimal', '2130706433'],
    ['octal', '0177.0.0.1'],
    ['hex', '0x7f000001'],
    ['percent signs', '%31%32%37.0.0.1'],
    ['digits in circles', '①②⑦.0.0.1'],
    ['no address', '0.0.0.0'],
    ['zero', '0'],
    ['IPv6 loopback', '[::1]'],
    ['IPv6 loopback in full', '[0000:0000:0000:0000:0000:0000:0000:0001]'],
    ['no IPv6 address', '[::]'],
    ['mapped', '[::ffff:127.0.0.1]'],
    ['mapped in hex', '[::ffff:7f00:1]'],
    ['mapped in full', '[0:0:0:0:0:FFFF:7F00:0001]'],
    ['mapped metadata', '[::ffff:169.254.169.254]'],
    ['translated', '[::ffff:0:127.0.0.1]'],
    ['compatible', '[::127.0.0.1]'],
    ['NAT64', '[64:ff9b::127.0.0.1]'],
    ['NAT64 of 0.0.0.0', '[64:ff9b::]'],
    ['NAT64 of 0.0.0.1', '[64:ff9b::1]'],
    ['NAT64 of metadata', '[64:ff9b::a9fe:a9fe]'],
    ['local NAT64', '[64:ff9b:1::8.8.8.8]'],
    ['6to4', '[2002:7f00:1::]'],
    ['6to4 of 10.0.0.1', '[2002:a00:1::1]'],
    ['Teredo', '[2001:0:4136:e378:8000:63bf:80ff:fffe]'],
    ['site-local', '[fec0::1]'],
    ['unique local', '[fd00::1]'],
    ['metadata by IPv6', '[fd00:ec2::254]'],
    ['link-local IPv6', '[fe80::1]'],
    ['multicast IPv6', '[ff02::1]'],
    ['documentation IPv6', '[2001:db8::1]'],
    ['newer documentation IPv6', '[3fff::1]'],
    ['discard', '[100::1]'],
    ['nothing yet', '[4000::1]'],
    ['10/8', '10.0.0.1'],
    ['172.16/12', '172.31.255.255'],
    ['192.168/16', '192.168.1.1'],
    ['carrier NAT', '100.64.0.1'],
    ['metadata', '169.254.169.254'],
    ['metadata of Alibaba', '100.100.100.200'],
    ['metadata of Oracle', '192.0.0.192'],
    ['the host of Azure', '168.63.129.16'],
    ['documentation', '192.0.2.1'],
    ['more documentation', '203.0.113.1'],
    ['benchmarks', '198.19.255.255'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
  ])('by %s: %s', async (_what, host) => {
    await using outgoing = openOutgoing([]);
    const { reason, message } = await failure(outgoing.post(here('/ok', host), '{}'));
    expect(reason).toBe('refused');
    expect(message).toMatch(/is in a private network; MOLVA_OUTGOING_ALLOW can admit it/);
    untouched();
  });

  it.each([
    [['10.0.0.1']],
    [['8.8.8.8', '127.0.0.1']],
    [['::ffff:127.0.0.1']],
    [['0:0:0:0:0:ffff:7f00:1']],
    [['fe80::1%eth0']],
    [['what is no address']],
  ])('by a name that leads to %s', async (addresses) => {
    await using outgoing = openOutgoing([], async () => addresses);
    expect(await failure(outgoing.post(here('/ok', 'hook.example'), '{}'))).toMatchObject({
      reason: 'refused',
      message: expect.stringContaining('hook.example is in a private network'),
    });
    untouched();
  });

  it('by a name that leads elsewhere once it was checked', async () => {
    const answers = [['127.0.0.1'], ['::1'], ['10.0.0.1']];
    let asked = 0;
    await using outgoing = openOutgoing(['127.0.0.1'], async () => answers[asked++] ?? []);
    await outgoing.post(here('/ok', 'hook.example'), '{}');
    expect(asked).toBe(1);
    expect(inside.received.map(({ headers }) => headers.host)).toEqual([`hook.example:${inside.port}`]);
    expect(insideIpv6.connections).toBe(0);
    // Neither does a connection stay that a second call could pass on.
    expect(await failure(outgoing.post(here('/ok', 'hook.example'), '{}'))).toMatchObject({ reason: 'refused' });
    expect(inside.received).toHaveLength(1);
    expect(inside.received[0]?.headers.connection).toBe('close');
  });

  it.each(['/redirect', '/outside'])('by a redirect, which is not followed: %s', async (path) => {
    await using outgoing = openOutgoing(['127.0.0.1']);
    for (const call of [outgoing.post(here(path), '{}'), outgoing.request({ url: here(path) })]) {
      expect(await failure(call)).toMatchObject({
        reason: 'redirect',
        message: expect.stringMatching(/^127\.0\.0\.1 answered 30[27], and redirects are not followed; /),
      });
    }
    expect(inside.received.map(({ url }) => url)).toEqual([path, path]);
    expect(insideIpv6.connections).toBe(0);
  });
});

describe('the allow list admits', () => {
  it.each([
    ['a network', '127.0.0.0/8', '127.0.0.1'],
    ['a network by any address of it', '127.9.9.9/8', '127.0.0.1'],
    ['an address', '127.0.0.1', '127.0.0.1'],
    ['an address, for odd spellings', '127.0.0.1', '0x7f.1'],
    ['an odd spelling', '127.1', '127.0.0.1'],
    ['an address, for its IPv6 name', '127.0.0.1', '[::ffff:127.0.0.1]'],
    ['the IPv6 name of an address', '::ffff:127.0.0.1', '127.0.0.1'],
    ['the IPv6 name of a network', '::ffff:127.0.0.0/104', '127.0.0.1'],
    ['everything', '0.0.0.0/0', '127.0.0.1'],
  ])('%s: %s', async (_what, entry, host) => {
    await using outgoing = openOutgoing(['10.0.0.0/8', entry]);
    await outgoing.post(here('/ok', host), '{}');
    expect(inside.received).toHaveLength(1);
  });

  it.each([
    ['hook.example', 'hook.example'],
    ['hook.example', 'HOOK.Example'],
    ['hook.example', 'hook.example.'],
    ['Hook.Example.', 'hook.example'],
    ['127.0.0.0/8', 'hook.example'],
  ])('%s, so %s with a private address is called', async (entry, host) => {
    await using outgoing = openOutgoing([entry], async () => ['127.0.0.1']);
    await outgoing.post(here('/ok', host), '{}');
    expect(inside.received.map(({ headers }) => headers.host)).toEqual([`hook.example:${inside.port}`]);
  });

  it('localhost as this machine knows it', async () => {
    await using outgoing = openOutgoing(['localhost']);
    await outgoing.post(here('/ok', 'localhost'), '{}');
    expect([...inside.received, ...insideIpv6.received]).toHaveLength(1);
  });

  it.each(['::1', '0:0:0:0:0:0:0:1', '::1/128', '::/64', '::/0'])('IPv6: %s', async (entry) => {
    await using outgoing = openOutgoing([entry]);
    expect(await failure(outgoing.post(here(), '{}'))).toMatchObject({ reason: 'refused' });
    if (!ipv6) return;
    await outgoing.post(here('/ok', '[::1]'), '{}');
    expect(insideIpv6.received).toHaveLength(1);
    expect(inside.connections).toBe(0);
  });

  it.each([
    ['a name beneath an admitted one', ['example'], 'hook.example'],
    ['a name that ends like an admitted one', ['hook.example'], 'badhook.example'],
    ['an address beside an admitted network', ['127.0.0.2/32', '128.0.0.0/1', 'fe80::1%eth0'], '127.0.0.1'],
    ['an admitted name by its address', ['localhost'], '127.0.0.1'],
  ])('not %s', async (_what, allow, host) => {
    await using outgoing = openOutgoing(allow, async () => ['127.0.0.1']);
    expect(await failure(outgoing.post(here('/ok', host), '{}'))).toMatchObject({ reason: 'refused' });
    untouched();
  });

  it('nothing of a name that leads to more than it admits', async () => {
    await using outgoing = openOutgoing(['127.0.0.1'], async () => ['127.0.0.1', '10.0.0.1']);
    expect(await failure(outgoing.post(here('/ok', 'hook.example'), '{}'))).toMatchObject({ reason: 'refused' });
    untouched();
  });
});

describe('public addresses pass the guard', () => {
  const ipv4 = '8.8.8.8 9.255.255.255 100.128.0.1 172.32.0.1 192.0.3.1 198.20.0.1 223.255.255.255';
  const ipv6 = '2606:4700::1111 2001:200::1 2001:4860:4860::8888 3ffe::1 64:ff9b::808:808 ::ffff:8.8.8.8';
  it.each(`${ipv4} ${ipv6}`.split(' '))('%s', (address) => {
    expect(openGuard([])('hook.example', address)).toBe(true);
  });
});

describe('outgoing calls are refused before anything is sent', () => {
  it.each([
    ['no URL', 'hook', /^the address is no URL; /],
    ['nothing', '', /^the address is no URL; /],
    ['a host that is none', 'http://1.2.3.4.5/', /^the address is no URL; /],
    ['a zone', 'http://[fe80::1%25eth0]/', /^the address is no URL; /],
    ['a file', 'file:///etc/passwd', /^the address begins with file:; only http: and https: are called$/],
    ['another scheme', 'gopher://127.0.0.1/', /^the address begins with gopher:; /],
    ['a user name', 'http://me@127.0.0.1/', /^the address holds a user name or a password; /],
    ['a password', 'http://:secret@127.0.0.1/', /^the address holds a user name or a password; /],
  ])('to %s', async (_what, url, text) => {
    await using outgoing = openOutgoing(['127.0.0.1']);
    const { reason, message } = await failure(outgoing.post(url, '{}'));
    expect(reason).toBe('refused');
    expect(message).toMatch(text);
  });

  it.each([
    ['a line', { 'x-one': 'a\r\nx-two: b' }, /^the header "x-one" has characters/],
    ['a line feed', { 'x-one': 'a\nb' }, /^the header "x-one" has characters/],
    ['a zero', { 'x-one': 'a\0b' }, /^the header "x-one" has characters/],
    ['other letters', { 'x-one': 'да' }, /^the header "x-one" has characters/],
    ['a name with a line', { 'x\r\ny': 'a' }, /^the header "x\\r\\ny" has a name/],
    ['a name with a colon', { 'x: y': 'a' }, /^the header "x: y" has a name/],
    ['no name', { '': 'a' }, /^the header "" has a name/],
    ['another host', { Host: 'other.example' }, /^the header "Host" is set by Molva itself/],
    ['another length', { 'Content-Length': '1' }, /^the header "Content-Length" is set by Molva itself/],
    ['another framing', { 'transfer-encoding': 'chunked' }, /is set by Molva itself/],
    ['another protocol', { upgrade: 'h2c', connection: 'upgrade' }, /is set by Molva itself/],
  ])('with headers that carry %s', async (_what, headers, text) => {
    await using outgoing = openOutgoing(['127.0.0.1']);
    const { reason, message } = await failure(outgoing.post(here(), '{}', headers));
    expect(reason).toBe('refused');
    expect(message).toMatch(text);
    untouched();
  });
});

describe('a call', () => {
  it('sends its method, headers and body, and brings back status, type and text', async () => {
    await using outgoing = openOutgoing(['127.0.0.1']);
    const headers = { 'X-Signature': 'abc', Authorization: 'Bearer t' };
    const answer = await outgoing.request({ url: here('/ok?a=1#b'), method: 'PUT', headers, body: 'дом' });
    expect(answer).toEqual({ status: 200, contentType: 'application/json', body: '{"said":"да"}' });
    expect(inside.received).toMatchObject([
      { method: 'PUT', url: '/ok?a=1', body: 'дом', headers: { 'x-signature': 'abc', authorization: 'Bearer t' } },
    ]);
  });

  it('is a POST where nothing is said, and a GET without a body', async () => {
    await using outgoing = openOutgoing(['127.0.0.1']);
    await outgoing.request({ url: here() });
    await outgoing.request({ url: here(), method: 'GET' });
    expect(inside.received.map(({ method, body }) => [method, body])).toEqual([
      ['POST', ''],
      ['GET', ''],
    ]);
  });

  it('to an address that a visitor named goes to the public internet alone, whatever else is let in', async () => {
    await using outgoing = openOutgoing(['127.0.0.0/8', 'localhost']);
    for (const url of [here(), here().replace('127.0.0.1', 'localhost')]) {
      expect(await failure(outgoing.post(url, '{}', {}, 'visitor'))).toMatchObject({ reason: 'refused' });
    }
    expect(inside.received).toEqual([]);
    await outgoing.post(here(), '{}', {}, 'company');
    expect(inside.received).toHaveLength(1);
  });

  it('posts JSON, and what headers it is given, in whatever case', async () => {
    await using outgoing = openOutgoing(['127.0.0.1']);
    await outgoing.post(here(), '{"a":1}', { 'X-Signature': 'abc' });
    await outgoing.post(here(), '{}', { 'Content-Type': 'application/vnd.molva+json' });
    expect(inside.received).toMatchObject([
      { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json', 'x-signature': 'abc' } },
      { method: 'POST', body: '{}', headers: { 'content-type': 'application/vnd.molva+json' } },
    ]);
  });

  it('resolves on any status; a post does not', async () => {
    await using outgoing = openOutgoing(['127.0.0.1']);
    expect(await outgoing.request({ url: here('/failing') })).toEqual({
      status: 500,
      contentType: 'text/plain; charset=utf-8',
      body: 'secret',
    });
    expect(await failure(outgoing.post(here('/failing'), '{}'))).toMatchObject({
      reason: 'status',
      message: expect.stringMatching(/^127\.0\.0\.1 answered 500 where 2xx is expected; /),
    });
  });

  it('reaches a name by whichever of its addresses answers', async () => {
    const onlyIpv4 = new Receiver((_request, response) => response.end('ok'));
    await onlyIpv4.listen('127.0.0.1');
    await using outgoing = openOutgoing(['::1', '127.0.0.1'], async () => ['::1', '127.0.0.1']);
    await outgoing.post(`http://hook.example:${onlyIpv4.port}/`, '{}');
    expect(onlyIpv4.received).toHaveLength(1);
    await onlyIpv4.close();
  });
});

describe('a call that fails says what failed', () => {
  it.each([
    ['an answer that begins late', '/silent', { timeoutMs: 100 }, 'timeout', /did not answer in full within 100 ms; /],
    ['an answer byte by byte', '/drip', { timeoutMs: 200 }, 'timeout', /did not answer in full within 200 ms; /],
    ['an answer that is large', '/huge', {}, 'too-large', /has more than 1048576 bytes; /],
    ['an answer larger than asked', '/ok', { maxBytes: 5 }, 'too-large', /has more than 5 bytes; /],
    ['an answer without an end', '/endless', {}, 'too-large', /has more than 1048576 bytes; /],
    ['an answer that breaks off', '/broken', {}, 'unreachable', /the call to 127\.0\.0\.1 failed \(/],
    ['an answer that is no HTTP', '/nonsense', {}, 'unreachable', /the call to 127\.0\.0\.1 failed \(/],
  ] satisfies [string, string, Partial<OutgoingRequest>, string, RegExp][])(
    '%s is cut: %s',
    async (_what, path, limits, reason, text) => {
      await using outgoing = openOutgoing(['127.0.0.1']);
      const failed = await failure(outgoing.request({ url: here(path), ...limits }));
      expect(failed.reason).toBe(reason);
      expect(failed.message).toMatch(text);
      await expect.poll(() => openConnections(inside.server)).toBe(0);
    },
  );

  it('an answer of exactly the size that is allowed is read', async () => {
    await using outgoing = openOutgoing(['127.0.0.1']);
    const { body } = await outgoing.request({ url: here() });
    const maxBytes = Buffer.byteLength(body);
    await outgoing.request({ url: here(), maxBytes });
    expect(await failure(outgoing.request({ url: here(), maxBytes: maxBytes - 1 }))).toMatchObject({
      reason: 'too-large',
    });
  });

  it.each(['/huge', '/endless', '/broken'])(
    'a post has succeeded with its status, whatever follows: %s',
    async (path) => {
      await using outgoing = openOutgoing(['127.0.0.1']);
      await outgoing.post(here(path), '{}');
      expect(inside.received).toHaveLength(1);
      await expect.poll(() => openConnections(inside.server)).toBe(0);
    },
  );

  it('a name that does not exist', async () => {
    await using outgoing = openOutgoing([]);
    expect(await failure(outgoing.post('http://nowhere.invalid/', '{}'))).toMatchObject({
      reason: 'unreachable',
      message: expect.stringMatching(/^nowhere\.invalid cannot be resolved \([A-Z_]+\); check the name$/),
    });
  });

  it('a name without an address', async () => {
    await using outgoing = openOutgoing([], async () => []);
    expect(await failure(outgoing.post('http://hook.example/', '{}'))).toMatchObject({
      reason: 'unreachable',
      message: 'hook.example cannot be resolved; check the name',
    });
  });

  it('a name that is looked up for too long', async () => {
    await using outgoing = openOutgoing([], () => new Promise(() => undefined));
    expect(await failure(outgoing.request({ url: 'http://hook.example/', timeoutMs: 50 }))).toMatchObject({
      reason: 'timeout',
    });
  });

  it('a handshake that does not end', async () => {
    const silent = createTcpServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    await using outgoing = openOutgoing(['127.0.0.1']);
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    expect(await failure(outgoing.request({ url, timeoutMs: 100 }))).toMatchObject({ reason: 'timeout' });
    await expect.poll(() => openConnections(silent)).toBe(0);
    silent.close();
  });

  it('a port where nobody listens, and one that does not speak TLS', async () => {
    await using outgoing = openOutgoing(['127.0.0.1']);
    const gone = new Receiver(() => undefined);
    await gone.listen('127.0.0.1');
    const { port } = gone;
    await gone.close();
    expect(await failure(outgoing.post(`http://127.0.0.1:${port}/`, '{}'))).toMatchObject({
      reason: 'unreachable',
      message: 'the call to 127.0.0.1 failed (ECONNREFUSED); check that it answers there',
    });
    expect(await failure(outgoing.post(here().replace('http:', 'https:'), '{}'))).toMatchObject({
      reason: 'unreachable',
      message: expect.stringMatching(/^the call to 127\.0\.0\.1 failed \(\w+\); /),
    });
  });

  it('whoever called it off', async () => {
    await using outgoing = openOutgoing(['127.0.0.1']);
    const before = failure(outgoing.request({ url: here('/silent'), signal: AbortSignal.abort() }));
    expect(await before).toMatchObject({ reason: 'aborted' });
    untouched();
    const stop = new AbortController();
    const call = failure(outgoing.request({ url: here('/silent'), signal: stop.signal }));
    await expect.poll(() => inside.received.length).toBe(1);
    stop.abort();
    expect(await call).toEqual({ reason: 'aborted', message: 'the call to 127.0.0.1 was called off' });
    await expect.poll(() => openConnections(inside.server)).toBe(0);
  });

  it('closing calls off what is under way, and nothing begins after it', async () => {
    const outgoing = openOutgoing(['127.0.0.1']);
    const call = failure(outgoing.post(here('/silent'), '{}'));
    await expect.poll(() => inside.received.length).toBe(1);
    await outgoing[Symbol.asyncDispose]();
    expect(await call).toMatchObject({ reason: 'aborted' });
    expect(await failure(outgoing.post(here(), '{}'))).toMatchObject({ reason: 'aborted' });
    expect(inside.received).toHaveLength(1);
  });
});

async function openConnections(server: TcpServer): Promise<number> {
  return new Promise((known, failed) =>
    server.getConnections((error, count) => (error === null ? known(count) : failed(error))),
  );
}
