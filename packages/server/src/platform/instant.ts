import { wireDate } from '@molva/contract';

const written = { milliseconds: 0, text: '1970-01-01T00:00:00.000Z', second: 0, head: '1970-01-01T00:00:00.' };

/**
 * An instant as SQL takes it. A step writes its own one many times, and steps of one second alike but for the
 * milliseconds: the last text is kept, and the head of the last second.
 */
export function isoInstant(milliseconds: number): string {
  if (milliseconds === written.milliseconds) return written.text;
  const second = Math.floor(milliseconds / 1000);
  if (second !== written.second) {
    written.head = new Date(second * 1000).toISOString().slice(0, -4);
    written.second = second;
  }
  written.text = `${written.head}${String(Math.floor(milliseconds) - second * 1000).padStart(3, '0')}Z`;
  written.milliseconds = milliseconds;
  return written.text;
}

const FORM = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/i;
const FIRST = Date.parse('0001-01-02T00:00:00Z');
const LAST = Date.parse('9999-12-31T00:00:00Z');

/** An instant in the form of the wire, where there is one. */
export function wireDateOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : wireDate(milliseconds);
}

/** An instant in the form of the wire and as exact as it is: for what is stored so and read back. */
export function exactWireDate(milliseconds: number): string {
  return isoInstant(milliseconds).replace(/(\.000)?Z$/, '+00:00');
}

/** An instant that was stored in the form of the wire, as it is shown: in whole seconds. */
export function storedWireDate(text: string): string {
  return text.replace(/\.\d+(?=\+00:00$)/, '');
}

const STORED = /("\w*(?:At|_at)"\s*:\s*"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+(?=\+00:00")/g;

/**
 * JSON that was stored with instants in it, as it is shown: earlier versions wrote fractions of seconds. Within a text the
 * quotes are escaped, so that what people say stays as it is.
 */
export function storedWireDates(json: string): string {
  return json.replaceAll(STORED, '$1');
}

/** What an instant lacks to be the last one of its second, as fine as the database has them. */
const REST_OF_SECOND = '.999999Z';

/**
 * The last instant that a text of a query means, as the database takes it: without a fraction it means its whole second.
 * Undefined where it is none.
 */
export function readLastInstant(text: string): string | undefined {
  const read = readInstant(text);
  return text.includes('.') ? read : read?.replace(/\.\d+Z$/, REST_OF_SECOND);
}

/**
 * An instant of a query as the database takes it: offsets of a day and years before the first are right in ISO 8601 and
 * wrong there. Without an offset it is UTC; the `+` of one may have arrived as a space. Undefined where it is none.
 */
export function readInstant(text: string): string | undefined {
  const given = text.replace(/ (\d\d:?\d\d)$/, '+$1');
  if (!FORM.test(given)) return undefined;
  const milliseconds = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(given.slice(16)) ? given : `${given}Z`);
  return milliseconds > FIRST && milliseconds < LAST ? isoInstant(milliseconds) : undefined;
}
