import { colourOfOutcome } from "../../control/outcome-colour.ts";

/** What the cache did, as the word in X-Cache says, beside a dot of its colour. */
export function Outcome({ cache }: { readonly cache: string }) {
  return <span class={`outcome ${classOfOutcome(cache)}`}>{cache}</span>;
}

/** Gives an element the colour of the outcome, as `--outcome`. */
export function classOfOutcome(cache: string): string {
  return `outcome-${colourOfOutcome(cache)}`;
}
