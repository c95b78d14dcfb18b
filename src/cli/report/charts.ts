import { readableShare } from "../../control/amounts.ts";
import { type Markup, markup } from "./markup.ts";
import type { Share } from "./shares.ts";

/** A bar of several parts, as wide as the page; who cannot see it is read the names and shares. */
export function stackedBar(what: string, parts: readonly Share[], amount: (part: Share) => number): Markup {
  const all = parts.reduce((sum, part) => sum + amount(part), 0);
  const told = parts.map((part) => `${readableShare(amount(part), all)} ${part.name}`).join(", ");
  let begin = 0;
  const pieces = parts.map((part) => {
    const width = all === 0 ? 0 : (1000 * amount(part)) / all;
    const x = begin;
    begin += width;
    return markup`<rect class="${part.kind}" x="${fixed(x)}" width="${fixed(width)}" height="20"/>`;
  });
  return markup`<svg class="stack" viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label="${what}: ${told}">${pieces}</svg>`;
}

/** A bar in a row of a table, which has the number beside it. */
export function bar(kind: Share["kind"], amount: number, most: number): Markup {
  const width = most === 0 ? 0 : Math.min(100, (100 * amount) / most);
  return markup`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"/><rect class="${kind}" width="${fixed(width)}" height="10"/></svg>`;
}

function fixed(length: number): string {
  return String(Math.round(length * 100) / 100);
}
