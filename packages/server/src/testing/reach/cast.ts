import type { TestApp } from '../test-app.ts';
import { createCrew, nobody, type Crew, type Identity, type Person } from '../operations/tenant.ts';
import { badTokens } from '../operations/wrong-identity.ts';
import type { SessionStarted } from '@molva/contract';
import { bearer, signedIdentity, startGuarded, startIn, type Guarded } from './guarded.ts';
import { brokenIdentities } from './identities.ts';
import type { Kind } from './kinds.ts';

/** Everybody who calls, and what is called about. */
export interface Cast extends AsyncDisposable {
  readonly app: TestApp;
  /** The company that owns what is called about. */
  readonly home: Crew;
  /** Two sessions of one chat of it that verifies: the first is named, the holder of the second is another client. */
  readonly guarded: Guarded;
  /** The same where a proof may be left out. */
  readonly lenient: Guarded;
  /** A session of the chat that verifies, as it began: its token was taken back since. */
  readonly revoked: SessionStarted;
  /** Identities that are not the holder's, by what they are. */
  readonly identities: Readonly<Record<string, string>>;
  readonly otherOperator: Person;
  readonly supervisor: Person;
  readonly stranger: Crew;
  /** The company that `home` and `stranger` depend on. */
  readonly reseller: Crew;
  /** Tokens that are none, by what is wrong with them. */
  readonly broken: Readonly<Record<string, Identity>>;
}

/** Makes them. */
export async function createCast(app: TestApp, signingKey: string): Promise<Cast> {
  const first = (await app.call<{ id: number; companyId: number }>('GET', '/users/me', undefined, app.admin)).body;
  const [home, stranger, reseller] = await Promise.all([
    createCrew(app),
    createCrew(app),
    createCrew(app, { ...first, header: app.admin }),
  ]);
  const { tenant } = home;
  const [guarded, lenient, otherOperator, supervisor, taken, away] = await Promise.all([
    startGuarded(tenant, 'required'),
    startGuarded(tenant, 'optional'),
    tenant.person('OPERATOR'),
    tenant.person('SUPERVISOR'),
    endedKey(home),
    blocked(home),
  ]);
  return {
    app,
    home,
    guarded,
    lenient,
    revoked: await revokedIn(home, guarded),
    identities: { ...(await brokenIdentities(guarded)), 'another client by identity': guarded.otherIdentityToken },
    otherOperator,
    supervisor,
    stranger,
    reseller,
    broken: {
      ...Object.fromEntries((await badTokens(home, signingKey)).map(({ what, as }) => [what, as])),
      'a key that was taken back': taken,
      'a blocked user': away,
      'a session token that was changed': bearer(`${guarded.session.sessionToken?.slice(0, -4)}AAAA`),
      'a session token in form alone': bearer('s1.zzzzzz.AAAA'),
    },
    async [Symbol.asyncDispose]() {
      for (const crew of [home, stranger, reseller]) await crew[Symbol.asyncDispose]();
    },
  };
}

/** How a kind of caller says who it is; the operator is the one who said what is called about. */
export function identityOf(kind: Kind, { home, stranger, reseller, guarded, supervisor }: Cast): Identity {
  const of: Readonly<Record<Kind, Identity>> = {
    nobody,
    'another client': bearer(guarded.other.sessionToken),
    'the holder': bearer(guarded.session.sessionToken),
    'API key': home.backEnd,
    operator: home.operator.header,
    supervisor: supervisor.header,
    administrator: home.tenant.admin,
    reseller: reseller.tenant.admin,
    'another company': stranger.tenant.admin,
  };
  return of[kind];
}

async function revokedIn({ tenant }: Crew, { chatId }: Guarded): Promise<SessionStarted> {
  const session = await startIn(tenant, chatId, await signedIdentity(crypto.randomUUID()));
  await tenant.do('DELETE', `/sessions/${session.id}/tokens`);
  return session;
}

async function endedKey({ tenant }: Crew): Promise<Identity> {
  const { id, header } = await tenant.apiKey('ADMIN', 'API');
  await tenant.do('DELETE', `/apikeys/${id}`);
  return header;
}

async function blocked({ tenant }: Crew): Promise<Identity> {
  const { id, header } = await tenant.person('ADMIN');
  await tenant.do('PATCH', `/users/${id}`, { blocked: true });
  return header;
}
