/**
 * The types of a client that declares every field and drops a whole answer for one that is wrong, as the typed
 * properties of PHP do. Written by hand from the published descriptions: nothing here comes from our schemas.
 */

/** Says what is wrong with a value; each complaint begins with the place. */
export type PhpType = (value: unknown, place: string) => string[];

function complaint(place: string, wanted: string, value: unknown): string[] {
  return [`${place} is no ${wanted}: ${JSON.stringify(value)}`];
}

function when(wanted: string, fits: (value: unknown) => boolean): PhpType {
  return (value, place) => (fits(value) ? [] : complaint(place, wanted, value));
}

export const string = when('string', (value) => typeof value === 'string');
export const filled = when('string with something in it', (value) => typeof value === 'string' && value !== '');
export const int = when('int', Number.isSafeInteger);
export const bool = when('bool', (value) => typeof value === 'boolean');
export const nothing = when('null', (value) => value === null);
export const anything: PhpType = () => [];
/** What becomes an array either way: a list, or an object with whatever keys. */
export const array = when('array', (value) => typeof value === 'object' && value !== null);
export const list = when('list', Array.isArray);

/** The documented form, which strict parsers want to the letter: an empty one would silently be now. */
export const date = when(
  'ISO 8601 date with its offset',
  (value) =>
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
);

export function orNull(type: PhpType): PhpType {
  return (value, place) => (value === null ? [] : type(value, place));
}

export function oneOf(...words: string[]): PhpType {
  return when(`one of ${words.join(', ')}`, (value) => words.includes(value as string));
}

export function listOf(type: PhpType): PhpType {
  return (value, place) =>
    Array.isArray(value)
      ? value.flatMap((one, index) => type(one, `${place}[${index}]`))
      : complaint(place, 'list', value);
}

/** A map with string keys: a key that reads as a number becomes an int there, and is none. */
export function mapOf(type: PhpType): PhpType {
  return (value, place) => {
    if (Array.isArray(value) && value.length === 0) return [];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return complaint(place, 'map', value);
    return Object.entries(value).flatMap(([key, one]) =>
      /^(0|-?[1-9]\d*)$/.test(key) ? complaint(`${place} key`, 'string', key) : type(one, `${place}.${key}`),
    );
  };
}

export const scalar = when('scalar', (value) => ['string', 'number', 'boolean'].includes(typeof value));

type Fields = Readonly<Record<string, PhpType>>;

/** A class whose every property is read: none may be missing. */
export function whole(fields: Fields): PhpType {
  return (value, place) => properties(fields, value, place, true);
}

/** A class whose properties may be missing, and must be right where they are there. */
export function partial(fields: Fields): PhpType {
  return (value, place) => properties(fields, value, place, false);
}

function properties(fields: Fields, value: unknown, place: string, all: boolean): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return complaint(place, 'object', value);
  const given = value as Record<string, unknown>;
  return Object.entries(fields).flatMap(([name, type]) => {
    if (Object.hasOwn(given, name)) return type(given[name], `${place}.${name}`);
    return all ? [`${place}.${name} is missing`] : [];
  });
}

/** What every list is answered in; without either key there is no answer. */
export function collection(item: PhpType): PhpType {
  return whole({ count: int, items: listOf(item) });
}
