import { colourOfOutcome } from "../../control/outcome-colour.ts";
import type { ChartColour } from "./points.ts";

/** What the cache did, as the word in X-Cache says, beside a dot of its colour. */
export function Outcome({ cache }: { readonly cache: string }) {
  return <span class={`outcome ${classOfOutcome(cache)}`}>{cache}</span>;
}

/** Gives an element the colour of the outcome, as `--outcome`. */
export function classOfOutcome(cache: string): string {
  return `outcome-${colourOf(cache)}`;
}

/** As on a terminal, which has a colour less: areas of a chart that lie on each other have to be told apart. */
export function colourOf(cache: string): ChartColour {
  return cache === "COLLAPSED" ? "accent" : colourOfOutcome(cache);
}
