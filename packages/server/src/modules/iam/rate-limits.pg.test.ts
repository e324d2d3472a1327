import { expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { echoBlocks, startTestApp } from '../../testing/test-app.ts';

const from = (address: string) => ({ 'x-forwarded-for': address });

it('callers who ask for too much are told when to come back, in the one form of errors, and others go on', async () => {
  const clock = new FakeClock(Date.parse('2026-01-28T12:00:30Z'));
  const limits = { user: 20, open: 5, starts: 3 };
  await using app = await startTestApp({ clock, limits, trustedProxies: ['127.0.0.1'] });
  const chatId = await app.chat(echoBlocks);
  const start = (address: string) => app.call('POST', `/chats/${chatId}/sessions`, {}, from(address));
  const some = [];
  for (let call = 0; call < 4; call++) some.push((await start('192.0.2.1')).status);
  expect(some).toEqual([201, 201, 201, 429]);
  const refused = await start('192.0.2.1');
  expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('x-error-code')]).toEqual([
    429,
    '30',
    'too-many-requests',
  ]);
  expect(refused.body).toEqual({ error: 'Too many requests', details: null });
  expect((await start('192.0.2.2')).status).toBe(201);

  const guess = () =>
    app.call('GET', '/users/me', undefined, { authorization: 'Bearer guessed', ...from('192.0.2.3') });
  const guesses = [];
  for (let call = 0; call < 7; call++) guesses.push((await guess()).status);
  expect(guesses).toEqual([401, 401, 401, 401, 401, 429, 429]);

  const me = (header: Record<string, string>) => app.call('GET', '/users/me', undefined, header);
  // A user is not held to what others did from its address, and two users not to each other's calls.
  const admin = { ...app.admin, ...from('192.0.2.3') };
  let passed = 0;
  while ((await me(admin)).status === 200) passed += 1;
  expect(passed).toBeGreaterThan(10);
  expect(passed).toBeLessThan(20);
  clock.advance(30_000);
  expect((await me(admin)).status).toBe(200);
  expect((await start('192.0.2.1')).status).toBe(201);
});

it('whatever is asked of an address counts, and the port that a proxy names with it makes no other caller', async () => {
  const clock = new FakeClock(Date.parse('2026-01-28T12:00:30Z'));
  const limits = { user: 0, open: 3, starts: 0 };
  await using app = await startTestApp({ clock, limits, trustedProxies: ['127.0.0.1', '198.51.100.0/24'] });
  let network = 0;
  const statuses = async (method: string, path: string, body?: string): Promise<number[]> => {
    network += 1;
    const found: number[] = [];
    for (let port = 1001; port <= 1004; port++) {
      const headers = from(`192.0.2.99, 192.0.2.${network}:${port}, 198.51.100.7:${port}`);
      found.push((await fetch(app.url + path, { method, headers, ...(body === undefined ? {} : { body }) })).status);
    }
    return found;
  };
  expect(await statuses('POST', '/api/v1/auth/login', '{"email"')).toEqual([400, 400, 400, 429]);
  expect(await statuses('POST', '/api/v1/auth/login', 'x'.repeat(300_000))).toEqual([413, 413, 413, 429]);
  expect(await statuses('GET', '/api/v1/nothing')).toEqual([404, 404, 404, 429]);
  expect(await statuses('GET', '/nothing')).toEqual([404, 404, 404, 429]);
  expect(await statuses('DELETE', '/api/v1/auth/login')).toEqual([405, 405, 405, 429]);
  expect(await statuses('GET', '/%zz')).toEqual([400, 400, 400, 429]);
  expect(await statuses('GET', '/api/v1/openapi.json')).toEqual([200, 200, 200, 429]);
  expect(await statuses('GET', '/metrics')).toEqual([401, 401, 401, 429]);
  // Whoever supervises the process may have the address of its visitors.
  expect(await statuses('GET', '/health/ready')).toEqual([200, 200, 200, 200]);
});

it('the word of a proxy that is not trusted is not taken', async () => {
  await using app = await startTestApp({ limits: { user: 0, open: 0, starts: 1 }, trustedProxies: ['192.0.2.0/24'] });
  const chatId = await app.chat(echoBlocks);
  const start = (address: string) => app.call('POST', `/chats/${chatId}/sessions`, {}, from(address));
  expect([(await start('198.51.100.1')).status, (await start('198.51.100.2')).status]).toEqual([201, 429]);
});
