import type { Operation } from '@molva/contract';

/** Whoever calls, as the company sees it that owns what a call is about. */
export const kinds = [
  'nobody',
  'another client',
  'the holder',
  'API key',
  'operator',
  'supervisor',
  'administrator',
  'reseller',
  'another company',
] as const;
export type Kind = (typeof kinds)[number];

/**
 * What of a company a caller reaches by a call: `all`; what is its `own`, and the rest is refused; `none`, and it is
 * refused; or it is served and reaches its own company alone, `elsewhere`: what it names here is not there.
 */
export type Reach = 'all' | 'own' | 'none' | 'elsewhere';

type Row = Readonly<Record<Kind, Reach>>;

const nobodyOfThem: Row = {
  nobody: 'none',
  'another client': 'none',
  'the holder': 'none',
  'API key': 'none',
  operator: 'none',
  supervisor: 'none',
  administrator: 'none',
  reseller: 'none',
  'another company': 'none',
};
const foreigners = { reseller: 'elsewhere', 'another company': 'elsewhere' } as const;
const people = { operator: 'all', supervisor: 'all', administrator: 'all' } as const;
/** What needs no right, or takes its input for the proof. */
const everybody: Row = {
  ...people,
  nobody: 'all',
  'another client': 'all',
  'the holder': 'all',
  'API key': 'all',
  reseller: 'all',
  'another company': 'all',
};

/** What follows from who may call. */
const byAccess: Readonly<Record<Operation['access'], Row>> = {
  open: everybody,
  credentials: everybody,
  holder: { ...nobodyOfThem, 'the holder': 'all', 'API key': 'all', ...people, ...foreigners },
  user: { ...nobodyOfThem, 'API key': 'all', ...people, ...foreigners },
  admin: { ...nobodyOfThem, administrator: 'all', ...foreigners },
};

const ofDependents: Partial<Row> = { reseller: 'all' };
const ofAuthors: Partial<Row> = { operator: 'own', 'API key': 'none' };
const ofOneself: Partial<Row> = { operator: 'own', supervisor: 'own', 'API key': 'own' };
const ofPeople: Partial<Row> = { 'API key': 'none' };

/** What is so of a call beyond that. */
const further: Readonly<Record<string, Partial<Row>>> = {
  // A reseller keeps the users and the settings of the companies that depend on it.
  listUsers: ofDependents,
  getUser: ofDependents,
  // Settings are one's own, and an administrator's business.
  getUserSettings: { ...ofDependents, ...ofOneself },
  listCompanies: ofDependents,
  getCompany: ofDependents,
  updateCompany: ofDependents,
  getCompanySettings: ofDependents,
  setCompanySettings: ofDependents,
  // Companies that depend on another have none of their own.
  createCompany: { administrator: 'none', reseller: 'all', 'another company': 'none' },
  // What was said is its author's, and of those who watch over operators.
  editMessage: ofAuthors,
  deleteMessage: ofAuthors,
  // A key answers for nobody: it has no seat, and no words of its own in a session.
  sendOperatorMessage: ofPeople,
  activateMe: ofPeople,
  deactivateMe: ofPeople,
};

/** Bodies in which a reseller names a company that depends on it, to put something into it. */
export const putsIntoDependents: ReadonlySet<string> = new Set(['copyBot']);

/** What a caller reaches by a call; undefined where nobody has said who may make it. */
export function reachOf(kind: Kind, { id, access }: Pick<Operation, 'id' | 'access'>): Reach | undefined {
  return further[id]?.[kind] ?? (byAccess as Partial<typeof byAccess>)[access]?.[kind];
}

/** Calls of which something is said that no route has: each is a mistake. */
export function unknownCalls(ids: ReadonlySet<string>): string[] {
  return Object.keys(further).filter((id) => !ids.has(id));
}
