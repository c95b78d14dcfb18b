import { createColors } from "picocolors";
import type { Advice, ExplainedStep, Explanation } from "../control/explanation.ts";
import { visible } from "../control/visible-text.ts";
import { adviceInWords } from "./advice-words.ts";
import { span, whole } from "./text-layout.ts";
import { easyWidth, wrapped } from "./wrapped.ts";

type Told = Pick<Explanation, "method" | "url" | "steps" | "advice">;
type Palette = ReturnType<typeof createColors>;

/**
 * An explanation as a person reads it: what was asked, the verdict, a paragraph for each step, and what could be changed, as it
 * would be written. What clients and origins have sent neither breaks a line nor colours it.
 */
export function explanationInWords({ method, url, steps, advice }: Told, colours: boolean): string {
  const palette = createColors(colours);
  const [verdict, ...others] = steps;
  const lines = [
    palette.bold(visible(`${method} ${url}`)),
    ...(verdict === undefined ? [] : wrapped(visible(verdict.text), easyWidth)),
    "",
    ...others.flatMap((step, index) => stepLines(step, others[index - 1]?.about === step.about, palette)),
    ...adviceLines(advice, colours),
  ];
  return `${lines.join("\n")}\n`;
}

const labelWidth = 12;

function stepLines({ about, text, clause }: ExplainedStep, isContinued: boolean, palette: Palette): string[] {
  const label = `  ${isContinued ? "" : visible(about)}`.padEnd(labelWidth);
  const source = clause === null ? "" : ` (${clause})`;
  return wrapped(visible(text) + source, easyWidth - labelWidth).map((line, index) => {
    const shown = clause === null ? line : line.replace(`(${clause})`, (found) => palette.dim(found));
    return (index === 0 ? palette.cyan(label) : " ".repeat(labelWidth)) + shown;
  });
}

function adviceLines(advice: readonly Advice[], colours: boolean): string[] {
  if (advice.length === 0) return [];
  const isChange = advice.some(({ where }) => where !== "nothing");
  const lines = [
    ...(isChange ? [[span("What to change", "bold")]] : []),
    ...adviceInWords(advice, easyWidth),
  ];
  return ["", ...lines.map((line) => whole(line, colours))];
}
