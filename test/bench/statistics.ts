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

export function spreadOf(numbers: readonly number[]): Spread {
  return { median: median(numbers), lowest: Math.min(...numbers), highest: Math.max(...numbers) };
}

/** A round whose steadiest figure is farther from the median than this share was disturbed by something else. */
const disturbance = 0.15;

/** Those items whose figure is near the median of all. */
export function undisturbed<Item>(items: readonly Item[], figure: (item: Item) => number): Item[] {
  if (items.length === 0) return [];
  const middle = median(items.map(figure));
  return items.filter((item) => Math.abs(figure(item) / middle - 1) <= disturbance);
}
