import type { ComponentChildren } from "preact";

interface StatProps {
  readonly label: string;
  /** The number one looks for. */
  readonly value: string;
  /** What it has to be seen beside. */
  readonly children?: ComponentChildren;
}

/** Numbers that are seen from afar: each a `Stat`. */
export function Stats({ children }: { readonly children: ComponentChildren }) {
  return <dl class="stats">{children}</dl>;
}

export function Stat({ label, value, children }: StatProps) {
  return (
    <div class="stat">
      <dt>{label}</dt>
      <dd class="value">{value}</dd>
      <dd class="muted">{children}</dd>
    </div>
  );
}
