import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chat } from '@molva/contract';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSecrets, rotateDataKey, type Secrets } from './platform/secrets.ts';
import { parseDataKeys, Vault, type DataKey } from './platform/vault.ts';
import { startReceiver, type Receiver } from './testing/receiver.ts';
import { echoBlocks, startTestApp, testSecrets, type TestApp } from './testing/test-app.ts';

const SECRET = 'a secret that nobody finds';
const key = (id: string): DataKey => ({ id, key: randomBytes(32) });
const [first, second] = [key('first'), key('second')];
const sessionKey = randomBytes(32);
const secretsWith = (...dataKeys: DataKey[]): Secrets => ({ ...testSecrets(sessionKey), dataKeys });

let receiver: Receiver;
let app: TestApp;
let chatId: string;
let botId: string;
beforeAll(async () => {
  receiver = await startReceiver();
  app = await startTestApp({ secrets: secretsWith(first) });
  const webhook = { url: `${receiver.url}/bot?${SECRET.replaceAll(' ', '-')}`, secret: SECRET };
  botId = (await app.call<{ id: string }>('POST', '/bots', { name: 'Far', webhook }, app.admin)).body.id;
  chatId = await app.chat(echoBlocks, {
    identitySecret: `${SECRET} ${SECRET}`,
    callbackSecret: SECRET,
    fcmServerKey: SECRET,
    eventCallbackUrl: `${receiver.url}/chat`,
    eventCallbackData: SECRET,
    notifyOnEvents: ['MESSAGE_CREATED'],
    messengers: { TELEGRAM: { token: SECRET } },
  });
  await app.call('PATCH', '/companies/1/settings', { settings: { 'dialogs.callbackSecret': SECRET } }, app.admin);
  // A receiver that is not there: the call stays.
  const calls = { callbackUrl: 'http://127.0.0.1:1/', callbackData: SECRET, eventCallbackData: SECRET };
  await app.call('POST', `/chats/${chatId}/sessions`, { ...calls, returnAnswerAsync: true }, app.admin);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

async function ask<T extends object>(text: string): Promise<T[]> {
  const client = new pg.Client(app.connection);
  await client.connect();
  const { rows } = await client.query<T>(text);
  await client.end();
  return rows;
}
/** All rows that hold secrets, as text. */
async function stored(): Promise<string> {
  const tables = ['chats', 'bots', 'companies', 'sessions', 'deliveries', 'audit_log'];
  const rows = await Promise.all(
    tables.map((name) => ask<{ row: string }>(`select ${name}::text as row from ${name}`)),
  );
  return rows
    .flat()
    .map(({ row }) => row)
    .join('\n');
}
const restart = async (...keys: DataKey[]) => {
  const { connection } = app;
  await app[Symbol.asyncDispose]();
  app = await startTestApp({ connection, secrets: secretsWith(...keys) });
};
const chat = async () => (await app.call<Chat>('GET', `/chats/${chatId}`, undefined, app.admin)).body;

describe('the secrets of a database', () => {
  it('are in none of its rows as they were given, and are read back as they were', async () => {
    expect(await stored()).not.toMatch(/nobody.finds/);
    expect(await chat()).toMatchObject({ fcmServerKey: SECRET, messengers: { TELEGRAM: { token: SECRET } } });
    await app.start(chatId);
    await expect.poll(() => receiver.received.map(({ headers }) => 'x-signature' in headers)).toContain(true);
  });

  it('are sealed with the next key by the start that has it, what was written before there were keys too', async () => {
    await ask(`update chats set settings = (settings::jsonb || '{"callbackSecret": "${SECRET}"}')::json`);
    await restart(second, first);
    const text = await stored();
    expect(text).not.toMatch(/nobody.finds/);
    expect(text).toContain('sealed:second:');
    const left =
      "select id from chats where settings::text like '%sealed:first:%' union all select id from bots where webhook::text like '%sealed:first:%'";
    expect(await ask(left)).toEqual([]);
    await ask('delete from deliveries');
    await restart(second, first);
    expect(await ask('select id from data_keys')).toEqual([{ id: 'second' }]);
    await restart(second);
    expect(await chat()).toMatchObject({ fcmServerKey: SECRET, eventCallbackData: SECRET });
  });

  it('need their key: a start without it, or with another of its name, says so and changes nothing', async () => {
    const { connection } = app;
    const other = startTestApp({ connection, secrets: secretsWith(first) });
    await expect(other).rejects.toThrow(/sealed with the data key second, which is neither in .* restore it/);
    await expect(startTestApp({ connection, secrets: secretsWith(key('second')) })).rejects.toThrow(/another one/);
    expect(await chat()).toMatchObject({ fcmServerKey: SECRET });
  });

  it('whose key is given up are not set any more, and everything else goes on', async () => {
    await restart(first, { id: 'second', key: null });
    expect(await chat()).toMatchObject({ fcmServerKey: null, messengers: {}, notifyOnEvents: ['MESSAGE_CREATED'] });
    expect((await app.call('GET', `/bots/${botId}`, undefined, app.admin)).status).toBe(200);
    expect((await app.start(chatId)).messages).toHaveLength(1);
    expect(await ask('select id from data_keys')).toEqual([{ id: 'first' }]);
  });
});

describe('sealing', () => {
  const vault = new Vault([first], { randomBytes });

  it('binds a secret to its place, and notices a change', () => {
    const sealed = vault.seal(SECRET, 'here');
    expect(vault.open(sealed, 'here')).toBe(SECRET);
    expect(vault.seal(SECRET, 'here')).not.toBe(sealed);
    expect(() => vault.open(sealed, 'there')).toThrow();
    expect(() => vault.open(`${sealed.slice(0, -2)}AA`, 'here')).toThrow();
  });

  it('keys come from the folder, where rotation puts a new one first, or before them from the environment', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'molva-keys-'));
    try {
      const { dataKeys: made } = await openSecrets(folder);
      await expect(rotateDataKey(join(folder, 'none'))).rejects.toThrow(/no data folder/);
      const name = await rotateDataKey(folder);
      const { dataKeys } = await openSecrets(folder);
      expect(dataKeys.map(({ id }) => id)).toEqual([name, made[0]?.id]);
      const given = parseDataKeys(`mine:${randomBytes(32).toString('base64')}`);
      expect((await openSecrets(folder, { dataKeys: given })).dataKeys.map(({ id }) => id)).toEqual([
        'mine',
        name,
        made[0]?.id,
      ]);
      expect(parseDataKeys(await readFile(join(folder, 'secrets', 'data.keys'), 'utf8'))).toEqual(dataKeys);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each(['', 'x', 'a:short', 'a:forgotten', `a:${'A'.repeat(43)}= a:forgotten`])(
    'keys are refused that are none: %s',
    (text) => {
      expect(() => parseDataKeys(text)).toThrow(/must/);
    },
  );
});
