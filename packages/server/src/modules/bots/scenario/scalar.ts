import { cut } from '../../../platform/text.ts';

/** A value of a scenario: what variables hold and expressions give. */
export type Scalar = string | number | boolean | null;

/** Characters a value may have: a text that is added to itself turn by turn does not grow for ever. */
export const LONGEST_TEXT = 65_536;

/** Units of work to read a value: to look through its characters, change their case, copy them. */
export function workOf(value: Scalar): number {
  return 10 + (typeof value === 'string' ? value.length : 0);
}

/** Whether a value counts as true: not null, false, 0 or "". */
export function truth(value: Scalar): boolean {
  return value !== null && value !== false && value !== 0 && value !== '';
}

/** A value as text; null is nothing. */
export function text(value: Scalar): string {
  return value === null ? '' : String(value);
}

/** A value as a number; what is none counts as 0. */
export function number(value: Scalar): number {
  const parsed = typeof value === 'string' ? Number(value.trim().replace(',', '.')) : Number(value);
  return Number.isFinite(parsed) ? parsed : 0;
}

/** A value as JSON and PostgreSQL can keep it: endless numbers are null, there is one zero, long texts are cut. */
export function kept(value: Scalar): Scalar {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  return typeof value === 'string' ? cut(value, LONGEST_TEXT).toWellFormed() : value;
}

/** A JSON value from outside as a scalar; lists and maps become their JSON text. */
export function scalarOf(value: unknown): Scalar {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return kept(value);
  }
  return kept(JSON.stringify(value) ?? null);
}

/** Numbers and texts of numbers compare as numbers, everything else as texts, without regard to case. */
export function compare(a: Scalar, b: Scalar): number {
  if (isNumeric(a) && isNumeric(b)) return number(a) - number(b);
  const [left, right] = [text(a).toLowerCase(), text(b).toLowerCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Whether two values are equal; null equals itself alone. */
export function same(a: Scalar, b: Scalar): boolean {
  if (a === null || b === null) return a === b;
  return compare(a, b) === 0;
}

function isNumeric(value: Scalar): boolean {
  return (
    typeof value === 'number' ||
    (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value.trim().replace(',', '.'))))
  );
}
