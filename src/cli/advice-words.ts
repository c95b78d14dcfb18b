import type { Advice } from "../control/explanation.ts";
import { visible } from "../control/visible-text.ts";
import { type Line, span } from "./text-layout.ts";
import { wrapped } from "./wrapped.ts";

/** What could be changed, as people read it: numbered where there is more than one thing, and what is to be copied below. */
export function adviceInWords(advice: readonly Advice[], width: number): Line[] {
  const isNumbered = advice.length > 1;
  return advice.flatMap(({ text, copy }, index) => [
    ...paragraph(isNumbered ? `${index + 1}. ` : "", visible(text), width),
    ...(copy === null ? [] : copy.split("\n").map(copied)),
  ]);
}

/** The lines below the first stand under its text. */
export function paragraph(start: string, text: string, width: number): Line[] {
  const indent = " ".repeat(start.length);
  return wrapped(text, width - start.length).map((line, index) => [
    { text: (index === 0 ? start : indent) + line },
  ]);
}

/** Indented, so that it is seen what is to be copied; fields and files take it so. It is not broken: it is to be whole. */
function copied(line: string): Line {
  return line === "" ? [] : [{ text: "       " }, span(line, "green")];
}
