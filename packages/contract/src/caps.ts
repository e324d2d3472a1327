/** How many there may be of what one caller creates by number: far more than anybody needs, and few enough to be read. */
export const caps = {
  chats: { of: 'A company', most: 10_000, what: 'chats that are not deleted' },
  bots: { of: 'A company', most: 10_000, what: 'bots that are not deleted' },
  users: { of: 'A company', most: 20_000, what: 'users' },
  apiKeys: { of: 'A company', most: 10_000, what: 'API keys' },
  groups: { of: 'A company', most: 1_000, what: 'groups' },
  operatorsOfGroup: { of: 'A group', most: 1_000, what: 'operators' },
  tags: { of: 'A company', most: 5_000, what: 'tags' },
  tagsOfClient: { of: 'A client', most: 100, what: 'tags' },
  tagsOfSession: { of: 'A session', most: 100, what: 'tags' },
  attributes: { of: 'A company', most: 1_000, what: 'attributes' },
  companies: { of: 'A reseller', most: 10_000, what: 'companies' },
} as const satisfies Record<string, { readonly of: string; readonly most: number; readonly what: string }>;

/** The name of a cap. */
export type CapName = keyof typeof caps;

/** A cap as a sentence without its end. */
export function capText(name: CapName): string {
  const { of, most, what } = caps[name];
  return `${of} has at most ${String(most).replace(/\B(?=(?:\d{3})+$)/g, ',')} ${what}`;
}
