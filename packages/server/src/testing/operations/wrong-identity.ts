import { decodeJwt, importPKCS8, SignJWT } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import type { ErrorCode, SessionStarted } from '@molva/contract';
import type { Answered } from '../test-app.ts';
import { expectFailure } from './answers.ts';
import { expect } from 'vitest';
import type { DocumentedCall } from './document.ts';
import { addressOf, preparedCall, type RightCall } from './right-call.ts';
import { bearer, startGuarded } from '../reach/guarded.ts';
import { nobody, type Crew, type Identity } from './tenant.ts';

/** Identities that no call accepts, each with how it is refused. */
interface Refused {
  readonly what: string;
  readonly as: Identity;
  readonly code: ErrorCode;
  /** Whether it has the form of a user's token, or of a key. */
  readonly form: boolean;
}

const tokenOf = ({ authorization = '' }: Identity): string => authorization.replace('Bearer ', '');

/** The key of somebody else. */
const { privateKey: foreignKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** Tokens that are none: broken, signed by somebody else, of no key, and past their end. */
export async function badTokens({ operator }: Crew, signingKey: string): Promise<Refused[]> {
  const token = tokenOf(operator.header);
  const [head, payload] = token.split('.');
  const { exp: _, ...claims } = decodeJwt(token);
  const sign = async (exp: number, key: string): Promise<string> =>
    new SignJWT({ ...claims, exp })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .sign(await importPKCS8(key, 'RS256'));
  const now = Math.floor(Date.now() / 1000);
  const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`;
  const broken = {
    'a token that was changed': `${head}.${payload}.AAAA`,
    'a token that nobody signed': none,
    'a forged token': await sign(now + 3600, foreignKey),
    'a key that nobody made': `molva_${'a'.repeat(43)}`,
  };
  return [
    { what: 'a broken token', as: bearer('broken'), code: 'token-invalid', form: false },
    ...Object.entries(broken).map(([what, text]): Refused => ({
      what,
      as: bearer(text),
      code: 'token-invalid',
      form: true,
    })),
    { what: 'an expired token', as: bearer(await sign(now - 61, signingKey)), code: 'token-expired', form: true },
  ];
}

/** Proofs in the body or path of the calls that look at no token; `undefined` where a wrong one changes nothing. */
const credentials: Readonly<Record<string, { change: Partial<RightCall>; code: ErrorCode | undefined } | undefined>> = {
  answerForBot: { change: { params: { replyToken: 'made-up' } }, code: 'entity-not-found' },
  login: { change: { body: { email: 'nobody@test', password: 'wrong' } }, code: 'wrong-credentials' },
  logout: { change: { body: { refreshToken: 'made up' } }, code: undefined },
  refresh: { change: { body: { refreshToken: 'made up' } }, code: 'refresh-refused' },
  changePassword: {
    change: { body: { currentPassword: 'wrong', newPassword: 'a better one' } },
    code: 'wrong-credentials',
  },
};

/** Whoever may not call is refused by the code that says why, and nobody else is. */
export async function wrongIdentity(call: DocumentedCall, crew: Crew, signingKey: string): Promise<void> {
  const { operation } = call;
  const { access, id } = operation;
  const right = await preparedCall(call, crew);
  const { app } = crew.tenant;
  const attempt = (change: Partial<RightCall>): Promise<Answered<unknown>> => {
    const { params, body, as } = { ...right, ...change };
    return app.call(operation.method, addressOf(call, params), body, { ...as });
  };
  const proof = credentials[id];
  if (proof !== undefined) {
    const answer = await attempt(proof.change);
    if (proof.code === undefined) expect(answer.status).toBeLessThan(300);
    else expectFailure(answer, proof.code);
  }
  const bad = await badTokens(crew, signingKey);
  if (access === 'credentials') {
    for (const { as } of bad) expect((await attempt({ as })).status, id).toBeLessThan(500);
    return;
  }
  for (const { as, code, form } of bad) {
    // What is no token in form is as a session token that does not fit: a chat that asks for none looks at none.
    if (access !== 'holder' || form) expectFailure(await attempt({ as }), code);
  }
  if (access === 'user' || access === 'admin') {
    expectFailure(await attempt({ as: nobody }), 'not-authenticated');
    expectFailure(await attempt({ as: bearer('s1.zzzzzz.AAAA') }), 'token-invalid');
  }
  if (access === 'admin') {
    for (const as of [crew.operator.header, crew.backEnd]) {
      expectFailure(await attempt({ as }), 'permission-denied');
    }
  }
  if (access === 'holder') await wrongHolder(call, crew, right);
  if (access === 'open') await wrongOpener(call, crew, right);
}

/** Chats that ask for a proof: there a session's id alone opens nothing, and its own token does. */
const guards = ['optional', 'required'] as const;

async function wrongHolder(call: DocumentedCall, crew: Crew, right: RightCall): Promise<void> {
  const { app } = crew.tenant;
  const { method } = call.operation;
  for (const verification of guards) {
    const { session, other } = await startGuarded(crew.tenant, verification);
    const own: Record<string, string> = { sessionId: session.id, messageId: session.messages[0]?.id ?? '' };
    const address = addressOf(call, { ...right.params, ...own });
    for (const as of [
      nobody,
      bearer(other.sessionToken),
      bearer('s1.zzzzzz.AAAA'),
      bearer('s1.'),
      bearer('broken'),
      bearer(`${session.sessionToken}A`),
    ]) {
      expectFailure(await app.call(method, address, right.body, { ...as }), 'entity-not-found');
    }
    expect((await app.call(method, address, right.body, { ...bearer(session.sessionToken) })).status).toBeLessThan(300);
  }
}

/** A start where a proof is asked for: neither without an identity nor into somebody else's session. */
async function wrongOpener(call: DocumentedCall, crew: Crew, right: RightCall): Promise<void> {
  if (call.body === undefined) return;
  const { app } = crew.tenant;
  const { method } = call.operation;
  for (const verification of guards) {
    const { chatId, session, other } = await startGuarded(crew.tenant, verification);
    const address = addressOf(call, { chatId });
    const body = { ...(right.body as object), sessionId: session.id };
    for (const as of [nobody, bearer(other.sessionToken)]) {
      const answer = await app.call<SessionStarted>(method, address, body, { ...as });
      if (verification === 'required') expectFailure(answer, 'identity-refused');
      // What is not the caller's is as if it were not named.
      else expect([answer.status, answer.body.id === session.id]).toEqual([201, false]);
    }
    const identityToken = 'made up';
    expectFailure(await app.call(method, address, { ...body, identityToken }), 'identity-refused');
  }
}
