import { createColors } from "picocolors";
import { visible } from "../control/visible-text.ts";

type Palette = ReturnType<typeof createColors>;
export type Style = "bold" | "dim" | "green" | "cyan" | "yellow" | "red" | "magenta" | "blue";

/** A piece of a line. It is measured before it is painted. */
export interface Span {
  readonly text: string;
  readonly style?: Style | undefined;
}

/** What stands beside each other, from the left. */
export type Line = readonly Span[];

/** A column of a table. Numbers stand at the right; the one without width takes what is left, and is cut where it must be. */
export interface Column {
  readonly heading: string;
  readonly width?: number;
  readonly side: "left" | "right";
}

const coloured = createColors(true);
const plain = createColors(false);
const gap = 2;
/** A column that takes what is left is not narrower: rather the line is cut. */
const narrowest = 8;

export function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + Bun.stringWidth(text), 0);
}

/** Text from outside, so that it cannot move the cursor or colour the terminal. */
export function span(text: string, style?: Style): Span {
  return { text: visible(text), style };
}

/** The text in so many columns, without its middle where it is longer: of URLs both ends tell something. */
export function withoutMiddle(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  if (width < 1) return "";
  const end = Math.floor((width - 1) / 3);
  return `${firstColumns(text, width - 1 - end)}…${lastColumns(text, end)}`;
}

/** Bun takes a character of two columns with it of which only one is wanted. */
function firstColumns(text: string, width: number): string {
  const cut = Bun.sliceAnsi(text, 0, width);
  return Bun.stringWidth(cut) <= width ? cut : Bun.sliceAnsi(text, 0, width - 1);
}

function lastColumns(text: string, width: number): string {
  const cut = width === 0 ? "" : Bun.sliceAnsi(text, -width);
  return Bun.stringWidth(cut) <= width ? cut : lastColumns(text, width - 1);
}

function padded({ text, style }: Span, width: number, side: Column["side"]): Line {
  const space = { text: " ".repeat(Math.max(0, width - Bun.stringWidth(text))) };
  return side === "left" ? [{ text, style }, space] : [space, { text, style }];
}

/** Headings, and rows below them, in so many columns of the terminal. The first heading is the title. */
export function table(columns: readonly Column[], rows: readonly Line[], width: number): Line[] {
  const fixed = columns.reduce((sum, column) => sum + (column.width ?? 0), gap * (columns.length - 1));
  const rest = Math.max(narrowest, width - fixed);
  const headings = columns.map(({ heading }, place) => span(heading, place === 0 ? "bold" : "dim"));
  return [headings, ...rows].map((row) =>
    columns.flatMap((column, place) => {
      const { text, style } = row[place] ?? { text: "" };
      const columnWidth = column.width ?? rest;
      const cell = padded({ text: withoutMiddle(text, columnWidth), style }, columnWidth, column.side);
      return place === 0 ? cell : [{ text: " ".repeat(gap) }, ...cell];
    }),
  );
}

/** Two blocks beside each other, the left one in so many columns. */
export function beside(left: readonly Line[], width: number, right: readonly Line[]): Line[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, place) => {
    const line = left[place] ?? [];
    const space = { text: " ".repeat(Math.max(0, width - widthOf(line))) };
    return [...line, space, ...(right[place] ?? [])];
  });
}

/** The line as it is written, no wider than so many columns, without spaces at its end. */
export function written(line: Line, width: number, inColours: boolean): string {
  const all = line.map(({ text }) => text).join("");
  let room = Bun.stringWidth(firstColumns(all, width).trimEnd());
  return line
    .map(({ text, style }) => {
      const shown = firstColumns(text, room);
      room -= Bun.stringWidth(shown);
      return painted({ text: shown, style }, inColours);
    })
    .join("");
}

/** The line however wide it is, for what is to be copied. */
export function whole(line: Line, inColours: boolean): string {
  return line
    .map((each) => painted(each, inColours))
    .join("")
    .trimEnd();
}

function painted({ text, style }: Span, inColours: boolean): string {
  const palette: Palette = inColours ? coloured : plain;
  return text === "" || style === undefined ? text : palette[style](text);
}
