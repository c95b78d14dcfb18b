import { createColors } from "picocolors";
import type { Advice, ExplainedStep, Explanation } from "../control/explanation.ts";
import { visible } from "../control/visible-text.ts";

type Told = Pick<Explanation, "method" | "url" | "steps" | "advice">;
type Palette = ReturnType<typeof createColors>;

/** Of a line that is read with ease. */
const width = 100;

/**
 * An explanation as a person reads it: what was asked, the verdict, a paragraph for each step, and what could be changed, as it
 * would be written. What clients and origins have sent neither breaks a line nor colours it.
 */
export function explanationInWords({ method, url, steps, advice }: Told, colours: boolean): string {
  const palette = createColors(colours);
  const [verdict, ...others] = steps;
  const lines = [
    palette.bold(visible(`${method} ${url}`)),
    ...(verdict === undefined ? [] : wrapped(visible(verdict.text), width)),
    "",
    ...others.flatMap((step, index) => stepLines(step, others[index - 1]?.about === step.about, palette)),
    ...adviceLines(advice, palette),
  ];
  return `${lines.join("\n")}\n`;
}

const labelWidth = 12;

function stepLines({ about, text, clause }: ExplainedStep, isContinued: boolean, palette: Palette): string[] {
  const label = `  ${isContinued ? "" : visible(about)}`.padEnd(labelWidth);
  const source = clause === null ? "" : ` (${clause})`;
  return wrapped(visible(text) + source, width - labelWidth).map((line, index) => {
    const shown = clause === null ? line : line.replace(`(${clause})`, (found) => palette.dim(found));
    return (index === 0 ? palette.cyan(label) : " ".repeat(labelWidth)) + shown;
  });
}

function adviceLines(advice: readonly Advice[], palette: Palette): string[] {
  if (advice.length === 0) return [];
  const isNumbered = advice.length > 1;
  const paragraphs = advice.flatMap(({ text, copy }, index) => [
    ...paragraph(isNumbered ? `${index + 1}. ` : "", visible(text)),
    ...(copy === null ? [] : copy.split("\n").map((line) => copied(visible(line), palette))),
  ]);
  const isChange = advice.some(({ where }) => where !== "nothing");
  return ["", ...(isChange ? [palette.bold("What to change")] : []), ...paragraphs];
}

function paragraph(number: string, text: string): string[] {
  const indent = " ".repeat(number.length);
  return wrapped(text, width - number.length).map((line, index) => (index === 0 ? number : indent) + line);
}

/** Indented, so that it is seen what is to be copied; fields and files take it so. */
function copied(line: string, palette: Palette): string {
  return line === "" ? "" : `       ${palette.green(line)}`;
}

/** Lines of words, none longer than that but for a word that is. */
function wrapped(text: string, longest: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of whole(text)) {
    if (line !== "" && line.length + 1 + word.length > longest) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Its words; a clause is one, as it is looked for as a whole. */
function whole(text: string): readonly string[] {
  return text.match(/\(RFC \d+(?: §[\d.]+)?\)|\S+/g) ?? [];
}
