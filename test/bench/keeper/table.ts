import { line } from "../report.ts";
import { type Spread, spreadOf, told } from "../statistics.ts";

export interface Figure {
  readonly title: string;
  readonly unit: "µs" | "ms" | "/s" | "MB" | "times" | "";
  /** What it should be. */
  readonly wanted?: string;
}

/** Figures of each server, one a round. */
export interface Table {
  note(figure: Figure, server: string, value: number): void;
  /** What is to be known beside the figures. */
  remark(text: string): void;
  /** Markdown. */
  text(): string;
}

const servers = ["before", "after", "nginx"] as const;
const pairs = [
  ["after", "before"],
  ["before", "nginx"],
  ["after", "nginx"],
] as const;

type Values = Map<string, number[]>;

/** Each figure is told at once, too: the rounds in their order show what a median hides. */
export function createTable(tell: (line: string) => void): Table {
  const figures = new Map<string, { readonly figure: Figure; readonly values: Values }>();
  const remarks = new Set<string>();
  return {
    note(figure, server, value) {
      const { values } = figures.getOrInsertComputed(figure.title, () => ({ figure, values: new Map() }));
      values.getOrInsertComputed(server, () => []).push(value);
      tell(`  ${figure.title}: ${server} ${withUnit(spreadOf([value]), figure.unit)}`);
    },
    remark: (text) => remarks.add(text),
    text() {
      const header = ["", ...servers, ...pairs.map(([one, other]) => `${one} / ${other}`), "wanted"];
      const rows = [...figures.values()].map(({ figure, values }) => row(figure, values));
      const table = [line(header), line(header.map(() => "---")), ...rows].join("\n");
      return [table, [...remarks].map((each) => `- ${each}`).join("\n")].filter(Boolean).join("\n\n");
    },
  };
}

function row({ title, unit, wanted = "" }: Figure, values: Values): string {
  const absolute = servers.map((server) => {
    const each = values.get(server);
    return each === undefined ? "·" : withUnit(spreadOf(each), unit);
  });
  // Each ratio is of two turns of the same round.
  const ratios = pairs.map(([one, other]) => {
    const others = values.get(other) ?? [];
    const each = (values.get(one) ?? []).flatMap((value, round) => value / (others[round] ?? Number.NaN));
    const sound = each.filter(Number.isFinite);
    return sound.length === 0 ? "·" : told(spreadOf(sound));
  });
  return line([title, ...absolute, ...ratios, wanted]);
}

function withUnit({ median, lowest, highest }: Spread, unit: Figure["unit"]): string {
  const digits = unit === "times" ? 2 : highest < 100 ? 1 : 0;
  const [middle, low, high] = [median, lowest, highest].map((value) => value.toFixed(digits));
  const range = lowest === highest ? "" : ` (${low}–${high})`;
  return `${middle}${range}${unit === "times" || unit === "" ? "" : ` ${unit}`}`;
}
