import type { ComponentChildren } from "preact";

interface FactsProps {
  /** Sums stand at the right, one below the other; names of fields are long. */
  readonly kind?: "sums" | "fields";
  readonly children: ComponentChildren;
}

/** What is so, each a `Fact`. */
export function Facts({ kind, children }: FactsProps) {
  return <dl class={kind === undefined ? "facts" : `facts ${kind}`}>{children}</dl>;
}

/** A name beside what is to be said of it. */
export function Fact({ term, children }: { readonly term: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
