import { visible } from "../../control/visible-text.ts";

/** HTML that is well-formed: all that came from outside is text in it. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What can stand in markup: text, markup, several of these, or nothing. */
export type Part = string | number | Markup | null | readonly Part[];

/**
 * A piece of HTML, as a template: what is put into it is written as text, in which nothing is a tag, ends an attribute or
 * reorders what is read, unless it is markup itself. Attributes have to be in quotes.
 */
export function markup(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const texts = literals.map((literal, place) => literal + textOf(parts[place] ?? null));
  return new Markup(texts.join(""));
}

function textOf(part: Part): string {
  if (part === null) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return Bun.escapeHTML(visible(String(part)));
}
