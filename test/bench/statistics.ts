/** The middle of some numbers. Throws when there are none. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** Between 0 (the smallest) and 1 (the largest), straight lines in between. Throws when there are no numbers. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError("no numbers, no quantile");
  return below + (above - below) * (position - Math.floor(position));
}

export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** "1.02 (0.97–1.10)". */
export function told({ median, lowest, highest }: Spread): string {
  return `${median.toFixed(2)} (${lowest.toFixed(2)}–${highest.toFixed(2)})`;
}

export function spreadOf(numbers: readonly number[]): Spread {
  return { median: median(numbers), lowest: Math.min(...numbers), highest: Math.max(...numbers) };
}
