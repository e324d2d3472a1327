import { expect, it } from 'vitest';
import { auditedBody } from './audited-body.ts';

it('secrets are hidden at any depth, under whatever name they travel', () => {
  const body = {
    name: 'Chat',
    password: 'p',
    identitySecret: 's',
    fcmServerKey: 'k',
    messengers: { ALICE: { authToken: 't' } },
    list: [{ newPassword: 'p', key: 'k', headers: { Authorization: 'Bearer x' } }],
    settings: { 'dialogs.callbackSecret': 's', 'console.sound': true },
    callbackSecret: null,
    secret: '',
    keyboard: { buttons: [] },
  };
  expect(auditedBody(body)).toEqual({
    name: 'Chat',
    password: '***',
    identitySecret: '***',
    fcmServerKey: '***',
    messengers: { ALICE: { authToken: '***' } },
    list: [{ newPassword: '***', key: '***', headers: { Authorization: '***' } }],
    settings: { 'dialogs.callbackSecret': '***', 'console.sound': true },
    callbackSecret: null,
    secret: '',
    keyboard: { buttons: [] },
  });
});

it('long bodies are kept as their names and what is short', () => {
  const scenario = { blocks: Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`block${n}`, { n }])) };
  expect(auditedBody({ name: 'Bot', language: 'en', active: true, scenario, text: 'x'.repeat(300) })).toEqual({
    name: 'Bot',
    language: 'en',
    active: true,
    scenario: '…',
    text: '…',
  });
});

it('nothing is too deep to be looked at', () => {
  let deep: unknown = 'bottom';
  for (let level = 0; level < 50_000; level++) deep = { deep };
  expect(JSON.stringify(auditedBody({ deep }))).toContain('…');
  expect([auditedBody(undefined), auditedBody(null)]).toEqual([undefined, null]);
});

it('of addresses it says whom they lead to, and nothing of what is handed back there', () => {
  const webhook = { url: 'https://bot.example/in?token=1' };
  const body = {
    eventCallbackUrl: 'https://shop.example/hook/abc',
    eventCallbackData: 'x',
    webhook,
    publicUrl: 'https://a.example',
  };
  expect(auditedBody(body)).toEqual({
    eventCallbackUrl: 'https://shop.example/***',
    eventCallbackData: '***',
    webhook: { url: 'https://bot.example/***' },
    publicUrl: 'https://a.example',
  });
});
