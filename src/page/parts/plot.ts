import type uPlot from "uplot";
import { type ChartLine, decadesAround, decadesBetween } from "./points.ts";

/** What is to be drawn. */
export interface Drawing {
  /** Instants in milliseconds since the epoch, in their order. */
  readonly at: readonly number[];
  readonly lines: readonly ChartLine[];
  /** Areas on each other, the first of the lines at the bottom; else lines. */
  readonly isStacked?: boolean;
  /** Each line of the grid is ten times the one below. */
  readonly isLogarithmic?: boolean;
  /** Of the scale; what the values need where nothing is said. */
  readonly most?: number;
  /** What is counted in bytes has lines at powers of two. */
  readonly isBinary?: boolean;
  /** A value as people read it. */
  readonly write: (value: number) => string;
}

/** The same where somebody may point at it. */
export interface PointedDrawing extends Drawing {
  /** The pointer has come to the instant of that place in the lists; null where it has left. */
  readonly onPoint: (place: number | null) => void;
}

/** So many seconds are shown at the least. */
const shortestSpan = 60;
const powersOfTwo = Array.from({ length: 60 }, (_, exponent) => 2 ** exponent);
const font = '11px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

/** How it is drawn in that place. `onPoint` and `write` are taken as they are now. */
export function optionsOf(place: HTMLElement, wanted: PointedDrawing): uPlot.Options {
  const { isStacked = false, onPoint } = wanted;
  const drawn = wanted.lines.map((line) => seriesOf(place, line, isStacked));
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    // At the right half of the last instant has room.
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
    scales: {
      x: {
        time: true,
        range: (_, least, most) => {
          const end = most ?? Date.now() / 1000;
          return [Math.min(least ?? end, end - shortestSpan), end];
        },
      },
      y: heightOf(wanted),
    },
    axes: axesOf(place, wanted),
    // What lies on others is drawn first, and they over it.
    series: [{}, ...(isStacked ? drawn.toReversed() : drawn)],
    hooks: {
      setCursor: [({ cursor: { left = -1, idx } }) => onPoint(left < 0 || idx === undefined ? null : idx)],
    },
  };
}

function seriesOf(
  place: HTMLElement,
  { label, colour, isDashed = false }: ChartLine,
  isStacked: boolean,
): uPlot.Series {
  const stroke = colourIn(place, `var(--${colour})`);
  const common = { label, stroke, points: { show: false } };
  if (!isStacked) return { ...common, width: 1.75, spanGaps: false, ...(isDashed ? { dash: [5, 4] } : {}) };
  return {
    ...common,
    width: 1,
    fill: colourIn(place, `color-mix(in srgb, var(--${colour}) 72%, var(--surface))`),
  };
}

function heightOf({ isLogarithmic = false, most }: Drawing): uPlot.Scale {
  if (isLogarithmic)
    return { distr: 3, log: 10, range: (_, least, highest) => [...decadesAround(least, highest)] };
  return { range: (_, __, highest) => [0, most ?? (highest === null || highest <= 0 ? 1 : highest * 1.08)] };
}

function axesOf(
  place: HTMLElement,
  { isLogarithmic = false, isBinary = false, write }: Drawing,
): uPlot.Axis[] {
  const common: uPlot.Axis = {
    stroke: colourIn(place, "var(--muted)"),
    font,
    ticks: { show: false },
    grid: { stroke: colourIn(place, "var(--line)"), width: 1 },
  };
  const kind: uPlot.Axis = {
    ...(isLogarithmic ? { splits: (_, __, low, high) => decadesBetween(low, high) } : {}),
    ...(isBinary ? { incrs: powersOfTwo } : {}),
  };
  return [
    {
      ...common,
      // Below the lowest number of the other scale, so that neither stands on the other.
      ...{ grid: { show: false }, space: 70, size: 28, gap: 9 },
      values: (_, instants) => instants.map(shortTime),
    },
    {
      ...common,
      ...kind,
      ...{ size: 62, space: 32 },
      // It has none where too many would stand on each other.
      values: (_, values: (number | null)[]) =>
        values.map((value) => (value === null ? "" : withoutZeros(write(value)))),
    },
  ];
}

/** "50.0/s" on a scale is "50/s". */
function withoutZeros(written: string): string {
  return written.replace(/\.0+(?!\d)/, "");
}

function shortTime(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB").replace(/:00$/, "");
}

/** What the style makes of a colour there: a canvas knows none of its names. */
function colourIn(place: HTMLElement, colour: string): string {
  const probe = document.createElement("span");
  probe.style.color = colour;
  place.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
