import { badField } from '../../platform/failure.ts';
import { showsNothing } from '../../platform/text.ts';

/** A name that people give, and the form in which two of them are compared. */
export interface GivenName {
  readonly name: string;
  readonly key: string;
}

/** Reads the `name` of an attribute or tag: blanks around it do not count, and nothing but blanks is none. */
export function givenName(text: string): GivenName {
  const name = text.trim().normalize();
  if (showsNothing(name)) throw badField('name', 'must not be blank');
  return { name, key: name.toLowerCase() };
}
