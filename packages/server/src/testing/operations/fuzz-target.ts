import type { SessionStarted } from '@molva/contract';
import { SignJWT } from 'jose';
import { Pool } from 'undici';
import { ADMIN, type TestApp } from '../test-app.ts';
import type { Source } from './arbitraries.ts';
import type { DocumentedCall } from './document.ts';
import { FRESH, type FuzzCase } from './fuzz-case.ts';
import { make } from './right-call.ts';
import type { RawAnswer } from './sound.ts';
import { createCrew, nobody, type Crew, type Identity } from './tenant.ts';

/** A crew with things for calls to be about. */
export interface FuzzTarget extends AsyncDisposable {
  readonly crew: Crew;
  /** Ids and other values there are, by the names parameters and properties have for them. */
  readonly pools: Source['pools'];
  /** Somebody who holds a session of a chat that asks for a proof. */
  readonly session: Identity;
}

const identitySecret = 'a secret of thirty-two characters or more';

function identityOf(subject: string): Promise<string> {
  return new SignJWT({ name: '\0', email: 'x'.repeat(5000), phone: 7 })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(identitySecret));
}

/** Makes a company with a few of everything in it. */
export async function createTarget(app: TestApp): Promise<FuzzTarget> {
  const crew = await createCrew(app);
  const { tenant, operator } = crew;
  const several = async (...names: string[]): Promise<(string | number)[]> => {
    const ids = [];
    for (const name of names) ids.push(await make(name, crew));
    return ids;
  };
  const guarded = await tenant.chat({ identityVerification: 'optional', identitySecret });
  const held = await tenant.do<SessionStarted>('POST', `/chats/${guarded}/sessions`, {}, nobody);
  const sessions = await Promise.all([tenant.session(), tenant.session(), tenant.session()]);
  const [, , closed] = sessions;
  for (const { id } of sessions) await tenant.do('PUT', `/sessions/${id}/operators/${operator.id}`);
  await tenant.do('DELETE', `/sessions/${closed?.id}`, { result: 'solved' });
  const bots = await several('botId', 'botId');
  const people = [operator.id, (await tenant.person('SUPERVISOR', 'OPERATOR')).id];
  const messages = [
    await tenant.said(operator.header),
    ...sessions.flatMap(({ messages: said }) => said.map(({ id }) => id)),
  ];
  return {
    crew,
    session: { authorization: `Bearer ${held.sessionToken ?? ''}` },
    [Symbol.asyncDispose]: () => crew[Symbol.asyncDispose](),
    pools: {
      apiKeyId: await several('apiKeyId'),
      attributeId: await several('attributeId', 'attributeId'),
      botId: bots,
      ...Object.fromEntries(
        [
          'sessionReloadBotId',
          'botEndedBotId',
          'operatorEndedBotId',
          'clientTimeoutBotId',
          'operatorNotFoundBotId',
        ].map((name) => [name, bots]),
      ),
      botNodeId: ['start', 'ask', 'answer', 'listen', 'end'],
      chatId: [...(await several('chatId')), guarded],
      clientId: sessions.map(({ clientId }) => clientId),
      clientExternalId: ['customer-1', 'customer-2'],
      companyId: [tenant.companyId, 1, 2],
      currentPassword: [ADMIN.password],
      dialogId: await several('dialogId', 'dialogId'),
      email: [operator.email, 'new@test'],
      factId: await several('factId'),
      identityToken: await Promise.all(['customer-1', 'a\0b', '', 'x'.repeat(5000)].map(identityOf)),
      groupId: await several('groupId', 'groupId'),
      keys: ['console.sound', 'console.theme'],
      messageId: messages,
      messengerType: ['TELEGRAM'],
      messengerUserId: ['1'],
      name: ['Shop', 'VIP', 'last'],
      operatorId: [...people, ...bots],
      operatorIds: people,
      password: [ADMIN.password],
      refreshToken: [operator.refreshToken],
      replyToMessageId: messages,
      replyToken: await several('replyToken'),
      sessionId: [...sessions.map(({ id }) => id), held.id],
      tagId: await several('tagId', 'tagId'),
      tags: ['VIP'],
      userId: people,
    },
  };
}

/** Sends cases as they are, byte by byte, and counts them. */
export class FuzzWire implements AsyncDisposable {
  readonly #pool: Pool;
  #sent = 0;

  constructor(url: string) {
    this.#pool = new Pool(url, { connections: 4 });
  }

  get sent(): number {
    return this.#sent;
  }

  /** Makes the call of a case. What is to be fresh is made first. */
  async send(call: DocumentedCall, one: FuzzCase, by: Identity, crew: Crew): Promise<RawAnswer> {
    const parts: Record<string, string> = {};
    for (const [name, part] of Object.entries(one.path)) {
      parts[name] = part === FRESH ? encodeURIComponent(await make(name, crew)) : part;
    }
    const path = call.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? '');
    const answer = await this.#pool.request({
      method: call.operation.method,
      path: `/api/v1${path}${one.query}`,
      // Every case comes from somewhere else: wrong passwords of one are not held against another.
      headers: {
        ...one.headers,
        ...by,
        'x-forwarded-for': `10.${(this.#sent >> 16) & 255}.${(this.#sent >> 8) & 255}.${this.#sent & 255}`,
      },
      body: one.body ?? null,
    });
    this.#sent += 1;
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  }

  /** Whether the server says that it is well. */
  async isReady(): Promise<boolean> {
    const { statusCode, body } = await this.#pool.request({ method: 'GET', path: '/health/ready' });
    await body.dump();
    return statusCode === 200;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.destroy();
  }
}
