/** The value below which a share of the sorted values lies. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** A number with so many digits after its point, by default one. */
export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

/** The middle of some values, and both ends. */
export interface Spread {
  readonly middle: number;
  readonly least: number;
  readonly most: number;
}

/** The spread of values of rounds, with so many digits after the point. */
export function spreadOf(values: readonly number[], digits: number): Spread {
  const sorted = values.map((value) => rounded(value, digits)).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { middle: at(0.5), least: at(0), most: at(1) };
}
