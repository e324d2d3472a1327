import type { Session } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../testing/free-port.ts';
import { startReceiver } from '../testing/receiver.ts';
import { METRICS_TOKEN, echoBlocks, startTestApp, type TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const status = async (url: string, token?: string): Promise<number> =>
  (await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })).status;

describe('figures', () => {
  it('are answered to who brings their token, and to nobody who has another one', async () => {
    const url = `${app.url}/metrics`;
    const bearer = app.admin['authorization']?.replace('Bearer ', '');
    expect([await status(url), await status(url, 'x'.repeat(25)), await status(url, bearer)]).toEqual([401, 401, 401]);
    expect(await status(url, METRICS_TOKEN)).toBe(200);
    expect(await status(`${app.url}/api/v1/users/me`, METRICS_TOKEN)).toBe(401);
  });

  it('have names, units and words by which others find their way', async () => {
    const text = await app.metrics();
    const faults = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\w+)$/gm)].flatMap(
      ([, name = '', help = '', type = '']) => {
        if (!name.startsWith('molva_')) return [];
        return [
          ...(type === 'counter' && !name.endsWith('_total') ? [`${name} counts, and does not end in _total`] : []),
          ...(type !== 'counter' && name.endsWith('_total') ? [`${name} is a ${type}`] : []),
          ...(type === 'histogram' && !/_(seconds|bytes)$/.test(name) ? [`${name} has no unit`] : []),
          ...(!/^[a-z]+(_[a-z]+)+$/.test(name) ? [`${name} is no name`] : []),
          ...(!/^[A-Z](?=.* .* ).*\.$/.test(help) || /[a-z][A-Z]/.test(help)
            ? [`${name}: "${help}" is no sentence`]
            : []),
        ];
      },
    );
    expect(faults).toEqual([]);
    expect(text.match(/^# TYPE molva_/gm)?.length).toBeGreaterThan(25);
  });

  it('tell of sessions, messages, the parts of an exchange, deliveries, connections and late timers', async () => {
    await using receiver = await startReceiver();
    const before = await figures();
    const chatId = await app.chat(echoBlocks);
    const { id } = await app.start(chatId, { callbackUrl: receiver.url, returnAnswerAsync: true });
    await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'Hello' });
    await app.call('POST', `/sessions/${id}/clients/messages`, { body: 'bye' });
    await expect.poll(async () => (await app.call<Session>('GET', `/sessions/${id}`)).body.status).toBe('CLOSED');
    const grown = async (name: string): Promise<number> => ((await figures())[name] ?? 0) - (before[name] ?? 0);
    await expect.poll(() => grown('molva_deliveries_total{outcome="delivered"}')).toBeGreaterThan(0);
    expect(await grown('molva_sessions_started_total')).toBe(1);
    expect(await grown('molva_sessions_closed_total{reason="bot"}')).toBe(1);
    expect(await grown('molva_messages_total{author="CLIENT"}')).toBe(2);
    expect(await grown('molva_messages_total{author="BOT"}')).toBe(4);
    for (const part of ['read', 'decide', 'commit'])
      expect(await grown(`molva_step_seconds_count{part="${part}"}`)).toBeGreaterThan(1);
    const now = await figures();
    expect(now['molva_database_connections{state="used"}']).toBeGreaterThanOrEqual(0);
    expect(now['molva_database_waiting_statements']).toBe(0);
    expect(now['molva_due_lag_seconds']).toBeGreaterThanOrEqual(0);
  });

  it('are on their own address alone where one is named, and tell of callers who were refused', async () => {
    const address = { 'x-forwarded-for': '198.51.100.7' };
    const own = { address: { host: '127.0.0.1', port: await freePort() }, token: undefined };
    const limits = { user: 0, open: 2, starts: 0 };
    await using strict = await startTestApp({ metrics: own, limits, trustedProxies: ['127.0.0.1'] });
    const url = `http://127.0.0.1:${own.address.port}`;
    expect([await status(`${strict.url}/metrics`), await status(`${url}/metrics`), await status(url)]).toEqual([
      404, 200, 404,
    ]);
    await strict.call('GET', '/users/me', undefined, address);
    for (let call = 0; call < 3; call++) await strict.call('GET', '/auth/keys', undefined, address);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/^molva_http_calls_total\{operation="getMe",status="401"\} 1$/m);
    expect(text).toMatch(/^molva_http_calls_total\{operation="\w+",status="429"\} [1-9]/m);
    expect(text).toMatch(/^molva_notices_total\{notice="token-refused"\} 1$/m);
    expect(text).toMatch(/^molva_notices_total\{notice="call-limited"\} [1-9]/m);
    expect(text).toContain('molva_notices_total{notice="origin-refused"} 0');
  });
});

/** Every figure by its name and labels. */
async function figures(): Promise<Record<string, number>> {
  const lines = (await app.metrics()).matchAll(/^(molva_\S+(?:\{[^}]*\})?) (\S+)$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value]) => [name, Number(value)]));
}
