import type { Client, DialogAnswer, ListPage, Message, Session, SessionStarted } from '@molva/contract';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IDENTITY_SECRET, identityOf } from '../../../testing/identities.ts';
import { echoBlocks, startTestApp, type TestApp } from '../../../testing/test-app.ts';

let app: TestApp;
let optional: string;
let believing: string;
let off: string;
beforeAll(async () => {
  app = await startTestApp({ limits: { user: 0, open: 0, starts: 100 } });
  const settings = { identityVerification: 'optional', identitySecret: IDENTITY_SECRET };
  optional = await app.chat(echoBlocks, settings);
  believing = await app.chat(echoBlocks, { resumeByExternalId: true });
  off = await app.chat(echoBlocks);
});
afterAll(() => app[Symbol.asyncDispose]());

const begin = (chat: string, body: object, header: Record<string, string> = {}, method = 'PUT') =>
  app.call<SessionStarted>(method, `/chats/${chat}/sessions`, body, header);
const client = async (id: string) => (await app.call<Client>('GET', `/clients/${id}`, undefined, app.admin)).body;
const count = async (what: 'clients' | 'sessions', where: string): Promise<number> => {
  const database = new pg.Client(app.connection);
  await database.connect();
  const { rows } = await database.query(`select count(*)::integer as rows from ${what} where ${where}`);
  await database.end();
  return rows[0].rows;
};
const keyed = (key: string = crypto.randomUUID()) => ({ 'idempotency-key': key });

describe('what a continue says of its client is kept', () => {
  it('by each of several that come at once and say different things', async () => {
    for (let round = 0; round < 5; round++) {
      const { clientId } = (await begin(off, {})).body;
      const said = [{ clientName: 'Anna' }, { clientEmail: 'anna@example.com' }, { clientPhone: 491234 }];
      await Promise.all(said.map((one) => begin(off, { clientId, ...one })));
      expect(await client(clientId)).toMatchObject({ name: 'Anna', email: 'anna@example.com', phone: '491234' });
    }
  });

  const told = {
    clientName: 'Anna',
    clientFirstName: 'Anna',
    clientMiddleName: 'Maria',
    clientLastName: 'Berg',
    clientEmail: 'anna@example.com',
    clientPhone: 491234,
    clientTimezone: 60,
  };
  const kept = {
    name: 'Anna',
    firstName: 'Anna',
    middleName: 'Maria',
    lastName: 'Berg',
    email: 'anna@example.com',
    phone: '491234',
    timezone: 60,
  };
  const session = (id: string) => app.call<Session>('GET', `/sessions/${id}`, undefined, app.admin);

  it.each([
    ['off', 'named by its id', 'PUT'],
    ['off', 'named by its id', 'POST'],
    ['off', 'found by its client', 'PUT'],
    ['optional', 'named by its id', 'PUT'],
    ['optional', 'found by its client', 'PUT'],
  ])('in a chat that is %s, of a session %s, by %s; and its messages have the name', async (kind, how, method) => {
    const chat = kind === 'off' ? off : optional;
    const { id, clientId, sessionToken } = (await begin(chat, { clientName: 'Before' })).body;
    const named = how === 'named by its id' ? { sessionId: id } : { clientId };
    const own = kind === 'off' ? {} : { authorization: `Bearer ${sessionToken}` };
    const { status, body } = await begin(chat, { ...named, ...told, messageBody: 'hello' }, own, method);
    expect([status, body.id]).toEqual([200, id]);
    expect(await client(clientId)).toMatchObject(kept);
    const said = await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages`, undefined, app.admin);
    expect(said.body.items.find(({ body: text }) => text === 'hello')?.authorName).toBe('Anna');
  });

  it('by a session that it names what the company says of who the client is, where nobody verifies', async () => {
    const { id: sessionId, clientId } = (await begin(off, {})).body;
    const clientExternalId = crypto.randomUUID();
    await begin(off, { sessionId, clientExternalId, clientName: 'Of the CRM' }, app.admin);
    expect(await client(clientId)).toMatchObject({ externalId: clientExternalId, name: 'Of the CRM' });
    const verifying = (await begin(optional, {})).body;
    const named = { sessionId: verifying.id, clientExternalId: crypto.randomUUID(), clientName: 'Of the CRM' };
    expect((await begin(optional, named, app.admin)).body.id).toBe(verifying.id);
    expect(await client(verifying.clientId)).toMatchObject({ externalId: null, verified: null, name: 'Of the CRM' });
  });

  it('a name for the operator is the one that is shown from then on, and what begins a session is left as it began', async () => {
    const { id } = (await begin(off, { name: 'First', clientName: 'Anna' })).body;
    const later = {
      sessionId: id,
      clientNameForOperator: 'Shown',
      name: 'Second',
      channel: 'WIDGET',
      messageBody: 'x',
    };
    await begin(off, later);
    const { name, channel, lastMessage } = (await session(id)).body;
    expect([name, channel]).toEqual(['First', 'API']);
    expect(lastMessage?.body).toBe('More?');
    const said = await app.call<ListPage<Message>>('GET', `/sessions/${id}/messages`, undefined, app.admin);
    expect(said.body.items.find(({ authorType }) => authorType === 'CLIENT')?.authorName).toBe('Shown');
  });
});

describe('what can refuse a start comes before anything is written', () => {
  const refused: [string, object][] = [
    ['a bot that is not there', { botId: crypto.randomUUID() }],
    ['a block that is not there', { botNodeId: 'nowhere' }],
    ['a file that is not there', { messageAttachments: [crypto.randomUUID()] }],
    ['an answer to nothing', { messageBody: 'x', replyToMessageId: crypto.randomUUID() }],
    ['too much data', { clientMetadata: { much: 'x'.repeat(70_000) } }],
  ];
  it.each(refused)('%s leaves no client, and the start is given back', async (what, body) => {
    const clientName = `refused by ${what}`;
    for (const method of ['POST', 'PUT']) {
      const answers = Array.from({ length: 20 }, () => begin(off, { ...body, clientName }, {}, method));
      for (const { status } of await Promise.all(answers)) expect([400, 413]).toContain(status);
    }
    expect(await count('clients', `name = '${clientName}'`)).toBe(0);
    expect((await begin(off, {})).status).toBe(201);
  });

  it('a refused continue changes nothing of its client', async () => {
    const { clientId } = (await begin(off, { clientName: 'Before' })).body;
    const named = { clientId, clientName: 'After', messageBody: 'x' };
    expect((await begin(off, { ...named, replyToMessageId: crypto.randomUUID() })).status).toBe(400);
    expect((await begin(off, { ...named, messageAttachments: [crypto.randomUUID()] })).status).toBe(400);
    expect((await client(clientId)).name).toBe('Before');
    expect((await begin(off, named)).status).toBe(200);
    expect((await client(clientId)).name).toBe('After');
  });
});

describe('twice at once is once', () => {
  const names: [string, () => [string, object | Promise<object>, Record<string, string>?]][] = [
    ['an id that is new', () => [off, { clientId: crypto.randomUUID() }]],
    [
      'a signed identity',
      () => [optional, identityOf(crypto.randomUUID()).then((identityToken) => ({ identityToken }))],
    ],
    ['a believed external id', () => [believing, { clientExternalId: crypto.randomUUID() }]],
    ['the word of the company', () => [off, { clientExternalId: crypto.randomUUID() }, app.admin]],
  ];
  it.each(names)('continues by %s', async (_what, name) => {
    for (let round = 0; round < 5; round++) {
      const [chat, body, header] = name();
      const given = await body;
      const answers = await Promise.all(Array.from({ length: 4 }, () => begin(chat, given, header)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
      expect(new Set(answers.map(({ body: { id } }) => id)).size).toBe(1);
    }
  });

  it('a client that is there already begins once', async () => {
    for (let round = 0; round < 5; round++) {
      const other = await app.chat(echoBlocks);
      const { clientId } = (await begin(off, {})).body;
      const answers = await Promise.all(Array.from({ length: 4 }, () => begin(other, { clientId })));
      expect(new Set(answers.map(({ body: { id } }) => id)).size).toBe(1);
    }
  });

  it('two anonymous visitors sign in as one, and one as two: each identity has one client', async () => {
    for (let round = 0; round < 5; round++) {
      const [one, two] = [(await begin(optional, {})).body, (await begin(optional, {})).body];
      const same = await identityOf(`same-${round}`);
      const asOne = await Promise.all(
        [one, two].map(({ clientId }) => begin(optional, { clientId, identityToken: same })),
      );
      expect(new Set(asOne.map(({ status }) => status))).toEqual(new Set([200, 201]));
      expect(new Set(asOne.map(({ body: { clientId } }) => clientId)).size).toBe(1);
      const { clientId } = (await begin(optional, {})).body;
      const subjects = [`first-${round}`, `second-${round}`];
      const asTwo = await Promise.all(
        subjects.map(async (subject) => begin(optional, { clientId, identityToken: await identityOf(subject) })),
      );
      expect(asTwo.map(({ status }) => status)).toEqual([201, 201]);
      const found = await Promise.all(asTwo.map(({ body }) => client(body.clientId)));
      expect(found.map(({ externalId }) => externalId)).toEqual(subjects);
    }
  });

  it('dialogs of one client that is new', async () => {
    const botId = await app.bot(echoBlocks);
    const clientExternalId = crypto.randomUUID();
    const body = { botId, ttl: 60, clientExternalId };
    const made = await Promise.all(
      Array.from({ length: 4 }, () => app.call<DialogAnswer>('POST', '/dialogs', body, app.admin)),
    );
    expect(made.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await count('clients', `external_id = '${clientExternalId}'`)).toBe(1);
  });
});

describe('a repeat is the same caller’s', () => {
  it('a start made under a proof is answered to that proof alone', async () => {
    const key = keyed();
    const body = { messageBody: 'once' };
    const mine = { ...body, identityToken: await identityOf('mine') };
    const first = (await begin(optional, mine, key)).body;
    const again = await begin(optional, { ...body, identityToken: await identityOf('mine') }, key);
    expect([again.status, again.body.id]).toEqual([200, first.id]);
    for (const other of [body, { ...body, identityToken: await identityOf('other') }]) {
      const { status, headers } = await begin(optional, other, key);
      expect([status, headers.get('x-error-code')]).toEqual([401, 'identity-refused']);
    }
  });

  it('a start made without a proof, or by the company, is not answered to somebody else', async () => {
    const used = async (chat: string, body: object, header: Record<string, string>) => {
      const { status, headers } = await begin(chat, body, header);
      return [status, headers.get('x-error-code')];
    };
    const [open, told] = [keyed(), keyed()];
    await begin(optional, {}, open);
    expect(await used(optional, { identityToken: await identityOf('late') }, open)).toEqual([422, 'start-key-used']);
    expect(await used(optional, { messageBody: 'another' }, open)).toEqual([422, 'start-key-used']);
    expect(await used(optional, { clientId: crypto.randomUUID() }, open)).toEqual([422, 'start-key-used']);
    await begin(optional, {}, { ...told, ...app.admin });
    expect(await used(optional, {}, told)).toEqual([422, 'start-key-used']);
  });

  it('what people and receivers see is no key of a start: neither the message’s own nor what is made of the key', async () => {
    const { 'idempotency-key': key } = keyed();
    const clientMessageId = crypto.randomUUID();
    const victims = [
      (await begin(off, { messageBody: 'once' }, keyed(key), 'POST')).body,
      (await begin(off, { messageBody: 'once', clientMessageId }, {}, 'POST')).body,
    ];
    for (const { id } of victims) {
      const path = `/sessions/${id}/messages`;
      const seen = JSON.stringify((await app.call('GET', path, undefined, app.admin)).body);
      expect(seen).not.toContain(key);
      const shown = /"clientMessageId":"([^"]+)"/.exec(seen)?.[1] ?? '';
      for (const [body, header] of [
        [{ messageBody: 'once', clientMessageId: shown }, {}],
        [{ messageBody: 'once' }, keyed(shown)],
      ] as const) {
        const thief = await begin(off, body, header, 'POST');
        expect(thief.body.id).not.toBe(id);
      }
    }
  });

  it('a message’s key brings nobody a session that he does not hold', async () => {
    const clientMessageId = crypto.randomUUID();
    const victim = (await begin(optional, { messageBody: 'mine', clientMessageId })).body;
    const { clientId, sessionToken } = victim;
    const repeat = { clientId, messageBody: 'mine', clientMessageId };
    const thief = (await begin(optional, repeat)).body;
    expect(thief.id).not.toBe(victim.id);
    const own = await begin(optional, { sessionId: victim.id, ...repeat }, { authorization: `Bearer ${sessionToken}` });
    expect([own.status, own.body.id, own.body.messageId]).toEqual([200, victim.id, victim.messageId]);
  });

  it('the key of somebody nobody knows is random', async () => {
    const stranger = await app.tenant();
    for (const key of ['1', 'a text that is long enough', '00000000-0000-1000-8000-000000000000']) {
      for (const nobody of [{}, stranger.header]) {
        expect((await begin(off, {}, { ...keyed(key), ...nobody })).status).toBe(400);
      }
      if (key.length > 1) expect((await begin(off, {}, { ...keyed(key), ...app.admin })).status).toBe(201);
    }
  });

  it('a banned client is answered no repeat', async () => {
    const key = keyed();
    const { clientId } = (await begin(off, {}, key)).body;
    await app.call('PATCH', `/clients/${clientId}/ban`, undefined, app.admin);
    expect((await begin(off, {}, key)).status).toBe(403);
  });

  it('an operator’s key answers no other operator', async () => {
    const { id } = (await begin(off, {})).body;
    const [anna, boris] = [await app.operator('Anna', ['SUPERVISOR']), await app.operator('Boris', ['SUPERVISOR'])];
    const say = ({ header }: typeof anna, body: string) =>
      app.call('POST', `/sessions/${id}/operators/messages`, { body, clientMessageId: key }, header);
    const key = crypto.randomUUID();
    expect((await say(anna, 'by Anna')).status).toBe(201);
    expect((await say(anna, 'by Anna')).status).toBe(200);
    expect((await say(boris, 'by Boris')).status).toBe(400);
  });
});
