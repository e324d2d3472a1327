/** The value below which a share of the sorted values lies. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** A number with so many digits after its point, by default one. */
export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
