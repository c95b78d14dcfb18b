import type { ComponentChildren } from "preact";

/** What a colour says beside the word, which says the same. */
export type Tone = "good" | "bad" | "warn" | "plain";

/** A word or two on a patch of colour. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
