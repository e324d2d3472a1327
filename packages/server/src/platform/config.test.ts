import { expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const load = (environment: Record<string, string>) => loadConfig(environment);

it('proxies are addresses and networks, limits are whole numbers, and nothing is trusted unasked', () => {
  expect(load({})).toMatchObject({ trustedProxies: [], rateLimit: 6000, rateLimitOpen: 600, rateLimitStarts: 60 });
  expect(load({ MOLVA_TRUSTED_PROXIES: '10.0.0.0/8, ::1', MOLVA_RATE_LIMIT: '0' })).toMatchObject({
    trustedProxies: ['10.0.0.0/8', '::1'],
    rateLimit: 0,
  });
  expect(load({ MOLVA_OUTGOING_ALLOW: 'Crm.example,10.0.0.0/8' })).toMatchObject({
    outgoingAllow: ['crm.example', '10.0.0.0/8'],
  });
});

it.each([
  ['MOLVA_TRUSTED_PROXIES', 'proxy.example'],
  ['MOLVA_TRUSTED_PROXIES', '10.0.0.0/33'],
  ['MOLVA_TRUSTED_PROXIES', '10.0.0.0/8/8'],
  ['MOLVA_OUTGOING_ALLOW', 'a host'],
  ['MOLVA_RATE_LIMIT', '-1'],
  ['MOLVA_RATE_LIMIT_OPEN', '1.5'],
  ['MOLVA_RATE_LIMIT_STARTS', 'none'],
])('%s=%s stops the start with a line that names it', (variable, value) => {
  expect(() => load({ [variable]: value })).toThrow(variable);
});
