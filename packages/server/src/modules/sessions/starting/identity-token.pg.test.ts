import { createHmac, generateKeyPairSync } from 'node:crypto';
import type { Chat, SessionStarted } from '@molva/contract';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

const SECRET = 'a secret of at least thirty-two characters';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const next = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: typeof rsa.publicKey): string => String(key.export({ type: 'spki', format: 'pem' }));
const keys = [
  { kid: 'rsa', publicKey: pem(rsa.publicKey) },
  { kid: 'ec', publicKey: ec.publicKey.export({ format: 'jwk' }) },
];

let app: TestApp;
let botId: string;
let chatId: string;
beforeAll(async () => {
  app = await startTestApp();
  botId = await app.bot(echoBlocks);
  chatId = await chatWith({ identityKeys: keys, identityAudience: 'shop' });
});
afterAll(() => app[Symbol.asyncDispose]());

const make = (settings: object) =>
  app.call<{ id: string; details: object }>('POST', '/chats', { name: 'Chat', botId, ...settings }, app.admin);
async function chatWith(settings: object): Promise<string> {
  return (await make({ identityVerification: 'required', ...settings })).body.id;
}
const status = async (identityToken: string, chat = chatId): Promise<number> =>
  (await app.call<SessionStarted>('POST', `/chats/${chat}/sessions`, { identityToken })).status;

interface Signed {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: typeof rsa.privateKey | Uint8Array;
  readonly audience?: string | string[];
  readonly life?: string;
}
function sign({ alg = 'RS256', kid, key = rsa.privateKey, audience = 'shop', life = '1h' }: Signed = {}) {
  return new SignJWT({})
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .setSubject('anna')
    .setAudience(audience)
    .setExpirationTime(life)
    .sign(key);
}

describe('an identity token', () => {
  it('is checked with the public key it names, or with any where it names none', async () => {
    for (const kid of ['rsa', undefined, 'another'])
      expect(await status(await sign({ ...(kid && { kid }) }))).toBe(201);
    expect(await status(await sign({ alg: 'ES256', kid: 'ec', key: ec.privateKey }))).toBe(201);
    expect(await status(await sign({ alg: 'ES256', kid: 'rsa', key: ec.privateKey }))).toBe(401);
    expect(await status(await sign({ alg: 'ES256', kid: 'ec', key: next.privateKey }))).toBe(401);
  });

  it('does not choose its algorithm: a public key is no secret, another hash is none, and "none" signs nothing', async () => {
    const [, payload = ''] = (await sign()).split('.');
    for (const kid of ['rsa', 'ec']) {
      const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid })).toString('base64url');
      for (const { publicKey } of [{ publicKey: pem(rsa.publicKey) }, { publicKey: pem(ec.publicKey) }]) {
        const forged = createHmac('sha256', publicKey).update(`${header}.${payload}`).digest('base64url');
        expect(await status(`${header}.${payload}.${forged}`)).toBe(401);
      }
    }
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    expect(await status(`${unsigned}.${payload}.`)).toBe(401);
    expect(await status(await sign({ alg: 'RS512' }))).toBe(401);
    expect(await status(await sign({ alg: 'HS256', key: new TextEncoder().encode(SECRET) }))).toBe(401);
    for (const broken of ['x', 'x.y.z', '']) expect(await status(broken)).toBe(401);
  });

  it('is good for the audience of the chat alone, and ends within the time the chat allows', async () => {
    expect(await status(await sign({ audience: ['other', 'shop'] }))).toBe(201);
    expect(await status(await sign({ audience: 'other' }))).toBe(401);
    expect(await status(await sign({ life: '24h' }))).toBe(201);
    expect(await status(await sign({ life: '25h' }))).toBe(401);
    const brief = await chatWith({ identitySecret: SECRET, identityMaxAge: 600 });
    const shared = { alg: 'HS256', key: new TextEncoder().encode(SECRET) };
    expect(await status(await sign({ ...shared, life: '10m' }), brief)).toBe(201);
    expect(await status(await sign({ ...shared, life: '20m' }), brief)).toBe(401);
  });

  it('is signed with the next key while that of before is still good, and with that no more when it is gone', async () => {
    const chat = await chatWith({ identityKeys: [keys[1]] });
    const old = await sign({ alg: 'ES256', kid: 'ec', key: ec.privateKey });
    const fresh = await sign({ alg: 'ES256', kid: 'next', key: next.privateKey });
    const set = async (identityKeys: object[]) =>
      (await app.call('PUT', `/chats/${chat}`, { identityKeys }, app.admin)).status;
    const added = { kid: 'next', publicKey: pem(next.publicKey) };
    expect(await set([...keys, added])).toBe(204);
    expect([await status(old, chat), await status(fresh, chat)]).toEqual([201, 201]);
    expect(await set([added])).toBe(204);
    expect([await status(old, chat), await status(fresh, chat)]).toEqual([401, 201]);
    const { body } = await app.call<Chat>('GET', `/chats/${chat}`, undefined, app.admin);
    expect(body.identityKeys).toEqual([{ ...added, alg: 'ES256' }]);
    // What is read can be written back.
    expect(await set(body.identityKeys)).toBe(204);
  });
});

describe('the keys of a chat', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  it.each([
    [{ kid: 'a', publicKey: 'no key' }, 'publicKey'],
    [{ kid: 'a', publicKey: String(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })) }, 'publicKey'],
    [{ kid: 'a', publicKey: ec.privateKey.export({ format: 'jwk' }) }, 'publicKey'],
    [{ kid: 'a', publicKey: pem(weak.publicKey) }, 'publicKey'],
    [{ kid: 'a', publicKey: pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey) }, 'publicKey'],
    [{ kid: 'a', publicKey: pem(ec.publicKey), alg: 'RS256' }, 'alg'],
    [{ kid: 'rsa', publicKey: pem(ec.publicKey) }, 'kid'],
  ])('are public ones of a strength, each once: %o', async (wrong, field) => {
    const { status: refused, body } = await make({ identityKeys: [keys[0], wrong] });
    expect([refused, Object.keys(body.details)]).toEqual([400, expect.arrayContaining([`identityKeys.1.${field}`])]);
  });

  it('are needed where identity is required', async () => {
    expect((await make({ identityVerification: 'required' })).status).toBe(400);
    expect((await make({ identityVerification: 'required', identityKeys: [keys[0]] })).status).toBe(201);
  });
});
