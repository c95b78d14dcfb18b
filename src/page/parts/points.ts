/** Named as the style names them. */
export type ChartColour = "green" | "cyan" | "yellow" | "red" | "magenta" | "blue" | "accent" | "edge";

export interface ChartLine {
  readonly label: string;
  readonly colour: ChartColour;
  /** What belongs to the line before it, in the same colour. */
  readonly isDashed?: boolean;
  /** One for each instant; null where nothing is known. */
  readonly values: readonly (number | null)[];
}

/** The numbers as they are drawn, instants in seconds first: of areas each with all that it lies on, the highest first. */
export function pointsOf(
  at: readonly number[],
  lines: readonly Pick<ChartLine, "values">[],
  isStacked: boolean,
): [number[], ...(number | null)[][]] {
  const seconds = at.map((instant) => instant / 1000);
  if (!isStacked) return [seconds, ...lines.map(({ values }) => [...values])];
  let below = at.map(() => 0);
  const stacked = lines.map(({ values }) => {
    below = below.map((sum, place) => sum + (values[place] ?? 0));
    return below;
  });
  return [seconds, ...stacked.toReversed()];
}

/** The powers of ten around all from the least to the most: a scale has two of them at the least. */
export function decadesAround(
  least: number | null,
  most: number | null,
): readonly [low: number, high: number] {
  if (least === null || most === null || least <= 0) return [0.01, 100];
  const [low, high] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  return [10 ** low, 10 ** Math.max(high, low + 1)];
}

/** All powers of ten from the one to the other. */
export function decadesBetween(low: number, high: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-6), Math.floor(Math.log10(high) + 1e-6)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => 10 ** (first + place));
}
