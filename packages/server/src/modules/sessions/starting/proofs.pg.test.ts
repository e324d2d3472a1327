import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Client, ListPage, Message, Session, SessionStarted } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../../platform/database.ts';
import { runSql } from '../../../testing/rows.ts';
import { IDENTITY_SECRET, identityOf } from '../../../testing/identities.ts';
import { startReceiver } from '../../../testing/receiver.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
const chats: Record<string, string> = {};
beforeAll(async () => {
  app = await startTestApp();
  for (const identityVerification of ['off', 'optional', 'required']) {
    chats[identityVerification] = await app.chat(echoBlocks, { identityVerification, identitySecret: IDENTITY_SECRET });
  }
  chats['believing'] = await app.chat(echoBlocks, { resumeByExternalId: true });
});
afterAll(() => app[Symbol.asyncDispose]());

type Header = Record<string, string>;
const begin = (chat: string, body: object, header: Header = {}, method = 'PUT') =>
  app.call<SessionStarted>(method, `/chats/${chats[chat]}/sessions`, body, header);
const bearer = (token = ''): Header => ({ authorization: `Bearer ${token}` });
const client = async (id: string) => (await app.call<Client>('GET', `/clients/${id}`, undefined, app.admin)).body;
const details = async (id: string) => (await app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin)).body;
const said = async (id: string): Promise<string[]> => {
  const path = `/sessions/${id}/messages?limit=100`;
  return (await app.call<ListPage<Message>>('GET', path, undefined, app.admin)).body.items.map(({ body }) => body);
};

/** Begins some sessions of one client that nobody proved; answers the client. */
async function planted(some: number, database: Database): Promise<string> {
  const { clientId, id } = (await begin('optional', {}, {}, 'POST')).body;
  const another = "(jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid()))).*";
  const copies = `insert into sessions select ${another} from sessions s, generate_series(2, $2) where s.id = $1`;
  await runSql(database, copies, [id, some]);
  return clientId;
}
const live = async (clientId: string, database: Database): Promise<number> => {
  const text =
    'select count(*)::integer as live from sessions where client_id = $1 and closed_at is null and verified is null';
  const [row] = await runSql<{ live: number }>(database, text, [clientId]);
  return row?.live ?? 0;
};

describe('the identity given decides, whatever else is named', () => {
  it.each(['off', 'optional', 'required'])('where verification is %s, in a start', async (chat) => {
    const first = await begin(chat, { identityToken: await identityOf(`first-${chat}`), messageBody: 'of the first' });
    const { id: sessionId, clientId, sessionToken } = first.body;
    for (const method of ['PUT', 'POST']) {
      const identityToken = await identityOf(`second-${chat}-${method}`);
      const named = { sessionId, clientId, identityToken, messageBody: 'of the second' };
      const second = await begin(chat, named, bearer(sessionToken), method);
      expect(second.status).toBe(201);
      expect([sessionId, clientId]).not.toContain(second.body.id);
      expect(second.body.clientId).not.toBe(clientId);
    }
    expect(await said(sessionId)).not.toContain('of the second');
    const again = await begin(chat, { identityToken: await identityOf(`first-${chat}`) });
    expect([again.status, again.body.id]).toEqual([200, sessionId]);
  });

  it('in messages, events and every other call of a holder: by it alone a session opens, and to no other', async () => {
    const { body } = await begin('required', { identityToken: await identityOf('alone') });
    const calls: [string, string, object?][] = [
      ['GET', ''],
      ['GET', '/messages'],
      ['GET', '/events'],
      ['POST', '/clients/messages', { body: 'hello' }],
      ['PATCH', '/typing', {}],
      ['PUT', '/rating', { rating: 5 }],
    ];
    const statuses = async (header: Header) => {
      const made: number[] = [];
      for (const [method, path, given] of calls) {
        made.push((await app.call(method, `/sessions/${body.id}${path}`, given, header)).status);
      }
      return made;
    };
    expect(await statuses(bearer(await identityOf('alone')))).toEqual([200, 200, 200, 201, 204, 204]);
    expect(await statuses(bearer(await identityOf('other')))).toEqual(calls.map(() => 404));
    expect(await statuses(bearer(await identityOf('alone', {}, `${IDENTITY_SECRET}!`)))).toEqual(calls.map(() => 404));
    expect((await said(body.id)).filter((text) => text === 'hello')).toHaveLength(1);
  });

  it('in the header of a start as in its body', async () => {
    const { body } = await begin('required', {}, bearer(await identityOf('by header')));
    expect((await details(body.id)).verified).toMatchObject({ externalId: 'by header', by: 'identityToken' });
    expect((await begin('required', {}, bearer(await identityOf('x', {}, `${IDENTITY_SECRET}!`)))).status).toBe(401);
  });
});

/** Keeps a session from being closed, until it is let go. */
async function stuck(database: Database, id: string): Promise<() => Promise<unknown>> {
  await runSql(
    database,
    `create or replace function stuck() returns trigger language plpgsql as $$ begin raise 'stuck'; end $$`,
  );
  const when = `when (new.id = '${id}' and new.closed_at is not null)`;
  await runSql(
    database,
    `create trigger stuck before update on sessions for each row ${when} execute function stuck()`,
  );
  return () => runSql(database, 'drop trigger stuck on sessions');
}

describe('signing in begins anew', () => {
  it('what was begun before is over for whoever had it, and the client stays the same', async () => {
    const planted = (await begin('optional', { messageBody: 'planted' })).body;
    const { clientId, id: sessionId, sessionToken } = planted;
    const own = (await begin('optional', { clientId }, bearer(sessionToken))).body;
    expect(own.id).toBe(sessionId);
    const identityToken = await identityOf('signs in');
    const named = { clientId, sessionId, identityToken, messageBody: 'after the proof' };
    const after = (await begin('optional', named, bearer(sessionToken))).body;
    expect([after.id === sessionId, after.clientId]).toEqual([false, clientId]);
    const read = (id: string) => app.call('GET', `/sessions/${id}/events`, undefined, bearer(sessionToken));
    expect(JSON.stringify((await read(sessionId)).body)).not.toContain('after the proof');
    expect((await read(after.id)).status).toBeGreaterThanOrEqual(401);
    const ended = { status: 'CLOSED', closeReason: 'client', verified: null };
    await expect.poll(() => details(sessionId)).toMatchObject(ended);
    const late = await app.call('POST', `/sessions/${sessionId}/clients/messages`, { body: 'x' }, bearer(sessionToken));
    expect(late.status).toBe(422);
  });

  it.each(['PUT', 'POST'])('so it is where the company proves who it is, by %s', async (method) => {
    const planted = (await begin('optional', { clientId: crypto.randomUUID() })).body;
    const proof = { clientId: planted.clientId, clientExternalId: `told by ${method}`, messageBody: 'after the proof' };
    const told = await begin('optional', proof, app.admin, method);
    expect([told.status, told.body.clientId]).toEqual([201, planted.clientId]);
    await expect.poll(async () => (await details(planted.id)).status).toBe('CLOSED');
    const read = await app.call('GET', `/sessions/${told.body.id}/messages`, undefined, bearer(planted.sessionToken));
    expect(read.status).toBe(404);
    expect(await said(planted.id)).not.toContain('after the proof');
  });

  it('all that was begun before ends, however much it is, and where the process stops right after the start too', async () => {
    await using database = openDatabase(app.connection, 1, () => undefined);
    const clientId = await planted(130, database);
    expect(await live(clientId, database)).toBe(130);
    const { status } = await begin('optional', { clientId, identityToken: await identityOf('interrupted') });
    await app.restart();
    expect(status).toBe(201);
    await expect.poll(() => live(clientId, database), { timeout: 10_000 }).toBe(0);
  });

  it('what is begun before the proof is written ends, and what is begun after it goes on, however late that is', async () => {
    await using database = openDatabase(app.connection, 1, () => undefined);
    const clientId = await planted(2, database);
    // Its bot took its time: what others began meanwhile is younger than it, and was there before it.
    const meanwhile = `update sessions set started_at = now() + interval '1 minute' where client_id = $1 returning id`;
    const [first] = await runSql(database, meanwhile, [clientId]);
    const letGo = await stuck(database, String(first?.['id']));
    await begin('optional', { clientId, identityToken: await identityOf('late') });
    await expect.poll(() => live(clientId, database)).toBe(1);
    const later = await planted(2, database);
    await runSql(database, 'update sessions set client_id = $1 where client_id = $2', [clientId, later]);
    await letGo();
    await expect.poll(() => live(clientId, database), { timeout: 10_000 }).toBe(2);
    expect(await runSql(database, `select 1 from due where kind = 'session-unproven'`, [])).toEqual([]);
  });

  it('one that cannot be ended fails no start and keeps none of the others, one of a banned client ends too', async () => {
    await using database = openDatabase(app.connection, 1, () => undefined);
    const clientId = await planted(3, database);
    const { id: held } = (await begin('optional', { clientId }, {}, 'POST')).body;
    const letGo = await stuck(database, held);
    const { status } = await begin('optional', { clientId, identityToken: await identityOf('stuck') });
    await expect.poll(() => live(clientId, database), { timeout: 10_000 }).toBe(1);
    await letGo();
    await app.call('PATCH', `/clients/${clientId}/ban`, undefined, app.admin);
    expect(status).toBe(201);
    await expect.poll(() => live(clientId, database), { timeout: 10_000 }).toBe(0);
  });

  it('where nothing is verified a signature ends what was begun before, and the company’s word goes on with it', async () => {
    const planted = (await begin('off', {})).body;
    const signed = { clientId: planted.clientId, identityToken: await identityOf('trusting') };
    const after = (await begin('off', signed)).body;
    expect([after.clientId, after.id === planted.id]).toEqual([planted.clientId, false]);
    await expect.poll(async () => (await details(planted.id)).status).toBe('CLOSED');
    const { id, clientId } = (await begin('off', {})).body;
    const told = await begin('off', { clientId, clientExternalId: 'told where nobody verifies' }, app.admin);
    expect([told.status, told.body.id]).toEqual([200, id]);
    expect((await details(id)).status).toBe('ACTIVE');
  });

  it('whoever names the client without the proof gets another client', async () => {
    const proven = (await begin('optional', { identityToken: await identityOf('named') })).body;
    for (const chat of ['optional', 'off', 'believing']) {
      const { body } = await begin(chat, { clientId: proven.clientId });
      expect(body.clientId, chat).not.toBe(proven.clientId);
    }
  });
});

describe('what nobody proved changes nothing of a proven client', () => {
  const contact = { clientName: 'Mallory', clientEmail: 'm@example.com', clientPhone: '666', clientFirstName: 'M' };

  it.each(['off', 'optional', 'believing'])('in a chat that is %s', async (chat) => {
    const identityToken = await identityOf(`kept-${chat}`, { name: 'Alice', email: 'a@example.com', phone: '1' });
    const signed = (await begin('optional', { identityToken })).body;
    const told = {
      clientExternalId: `told-${chat}`,
      clientName: 'Bob',
      clientEmail: 'b@example.com',
      clientPhone: '2',
    };
    const byCompany = (await begin('off', told, app.admin)).body;
    for (const { clientId, id: sessionId } of [signed, byCompany]) {
      const before = await client(clientId);
      const named = { clientId, sessionId, clientExternalId: before.externalId ?? '', ...contact };
      await begin(chat, named);
      await begin(chat, { clientId, ...contact });
      expect(await client(clientId)).toEqual(before);
    }
  });

  it('a holder who did not prove it does not rename who speaks in a proven session', async () => {
    const told = { clientExternalId: 'speaks', clientName: 'Bob' };
    const { id: sessionId } = (await begin('off', told, app.admin)).body;
    await begin('off', { sessionId, clientNameForOperator: 'Mallory', messageBody: 'hello' });
    const { lastMessage } = await details(sessionId);
    const path = `/sessions/${sessionId}/messages?limit=100`;
    const { items } = (await app.call<ListPage<Message>>('GET', path, undefined, app.admin)).body;
    expect(items.find(({ body }) => body === 'hello')?.authorName).toBe('Bob');
    expect(lastMessage).not.toBeNull();
  });
});

describe('resumeByExternalId', () => {
  it('opens what nobody proved, and nothing that was proven', async () => {
    for (const named of [
      { clientExternalId: 'believed' },
      { messengerType: 'TELEGRAM', messengerUserId: 'believed' },
    ]) {
      const first = (await begin('believing', named)).body;
      expect((await begin('believing', named)).body.id).toBe(first.id);
      expect((await begin('believing', named, app.admin)).body.id).toBe(first.id);
      expect((await begin('off', named, app.admin)).body.clientId).not.toBe(first.clientId);
      expect((await client(first.clientId)).verified).toBeNull();
    }
    const signed = (await begin('optional', { identityToken: await identityOf('proven-1') })).body;
    const told = (await begin('off', { clientExternalId: 'proven-2' }, app.admin)).body;
    for (const [{ clientId }, clientExternalId] of [[signed, 'proven-1'] as const, [told, 'proven-2'] as const]) {
      expect((await begin('believing', { clientExternalId })).body.clientId).not.toBe(clientId);
    }
  });
});

describe('people see what is proven', () => {
  it('which identity, by whom, when: of clients, sessions, and in what is sent', async () => {
    await using receiver = await startReceiver((_call, response) => response.writeHead(204).end());
    const settings = { identityVerification: 'optional', identitySecret: IDENTITY_SECRET };
    const events = { eventCallbackUrl: receiver.url, notifyOnEvents: ['SESSION_STARTED', 'MESSAGE_CREATED'] };
    chats['told'] = await app.chat(echoBlocks, { ...settings, ...events });
    const signed = (await begin('told', { identityToken: await identityOf('seen') })).body;
    const proof = { externalId: 'seen', by: 'identityToken', key: null, at: expect.stringContaining('T') };
    expect((await details(signed.id)).verified).toMatchObject(proof);
    expect((await client(signed.clientId)).verified).toMatchObject(proof);
    const list = await app.call<ListPage<Session>>('GET', `/sessions?sessionId=${signed.id}`, undefined, app.admin);
    expect(list.body.items[0]?.verified).toMatchObject(proof);
    await expect.poll(() => receiver.received.length).toBe(2);
    const [started, message] = receiver.received.map(({ body }) => body as Record<string, unknown>);
    expect(started).toMatchObject({ event: 'SESSION_STARTED', data: { verified: proof }, verified: proof });
    expect(message).toMatchObject({ event: 'MESSAGE_CREATED', verified: proof });
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    chats['keys'] = await app.chat(echoBlocks, {
      identityVerification: 'required',
      identityKeys: [{ kid: 'of spring', alg: 'ES256', publicKey: publicKey.export({ format: 'pem', type: 'spki' }) }],
    });
    const named = new SignJWT().setProtectedHeader({ alg: 'ES256', kid: 'of spring' }).setSubject('by a named key');
    const signedByKey = await begin('keys', { identityToken: await named.setExpirationTime('10m').sign(privateKey) });
    expect((await details(signedByKey.body.id)).verified).toMatchObject({
      externalId: 'by a named key',
      key: 'of spring',
    });
    expect((await client(signedByKey.body.clientId)).verified).toMatchObject({ key: 'of spring' });
    const key = (
      await app.call<{ id: string; key: string }>('POST', '/apikeys', { name: 'Key', roles: ['API'] }, app.admin)
    ).body;
    const told = (await begin('told', { clientExternalId: 'by key' }, bearer(key.key))).body;
    const byKey = { externalId: 'by key', by: 'company', key: key.id };
    expect((await details(told.id)).verified).toMatchObject(byKey);
    expect((await client(told.clientId)).verified).toMatchObject(byKey);
    const anonymous = (await begin('told', { clientExternalId: 'seen' })).body;
    expect((await details(anonymous.id)).verified).toBeNull();
    expect((await client(anonymous.clientId)).verified).toBeNull();
  });
});
