import { Type, type Static, type TProperties, type TSchema } from 'typebox';

/** A random UUID: the form of every entity id of the chat and bot services. */
export const Uuid = Type.String({ format: 'uuid', description: 'UUID' });

/** An ISO 8601 instant as it goes out: whole seconds and the offset, e.g. `2026-01-28T12:00:00+00:00`. */
export const DateTime = Type.String({
  format: 'date-time',
  pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$`,
  description: 'ISO 8601 with offset, whole seconds',
});

const LAST = 'x-last';

/** An instant as it comes in, in any offset. */
export const Instant = Type.String({ format: 'date-time', description: 'ISO 8601; UTC without an offset' });

/** The last instant of a span, as it comes in: one without a fraction means its whole second, as instants go out in whole seconds. */
export const SpanEnd = Type.String({
  format: 'date-time',
  description: 'ISO 8601; UTC without an offset; without a fraction to the end of that second',
  [LAST]: true,
});

/** Whether an instant is the end of a span. */
export function isSpanEnd(schema: TSchema): boolean {
  return LAST in schema;
}

const ID = 'x-id';

/**
 * The id of a user or company: an integer from 1. Those here have 32 bits; a wider one, as other systems have, is one
 * that nobody has.
 */
export const IntegerId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, [ID]: true });

/** Whether a number is the id of a user or company. */
export function isIntegerId(schema: TSchema): boolean {
  return ID in schema;
}

/** What a variable, fact, setting or attribute can hold. */
export const ScalarValue = Type.Union([Type.String({ maxLength: 65_536 }), Type.Number(), Type.Boolean(), Type.Null()]);
export type ScalarValue = Static<typeof ScalarValue>;

/** An absolute http(s) address, at most 2,048 characters. */
export const HttpUrl = Type.String({
  format: 'url',
  pattern: '^https?://',
  maxLength: 2048,
  description: 'absolute http or https address',
});

/** A JSON object whose keys are the integrator's own. */
export const FreeObject = Type.Record(Type.String(), Type.Unknown());

/** An object with a sentence of its own, which the documents take from here: what happened, or what is done with it. */
export function Said<T extends TProperties>(sentence: string, properties: T) {
  return Type.Object(properties, { description: sentence });
}

/** The schema or `null`. */
export function Nullable<const S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()]);
}

/** One of the given words. */
export function OneOf<const T extends readonly string[]>(values: T) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: [...values] });
}

/** Bytes that are not held in memory: a file of a form, or an answer that is one. */
export const FileBytes = Type.Unsafe<Uint8Array>({ contentMediaType: 'application/octet-stream' });

/** Whether a property of a form is a file. */
export function isFile(schema: TSchema): boolean {
  return 'contentMediaType' in schema;
}

/** An answer with nothing in it. */
export const Empty = Type.Null({ description: 'empty body' });

/** An answer that only names what was created. */
export const Created = Type.Object({ id: Uuid });
export type Created = Static<typeof Created>;

/** The answer of a live RPC that has nothing else to say. */
export const Success = Type.Object({ success: Type.Literal(true) });
export type Success = Static<typeof Success>;

const written = { second: 0, text: '1970-01-01T00:00:00+00:00' };

/**
 * The instant as the wire writes it: UTC with a numeric offset and without a fraction, as the documented platform does
 * and strict parsers want it. What has an order has it by its number, never by this. One is often written several times
 * in a row: the last text is kept.
 */
export function wireDate(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second !== written.second) {
    written.text = new Date(second * 1000).toISOString().replace('.000Z', '+00:00');
    written.second = second;
  }
  return written.text;
}
