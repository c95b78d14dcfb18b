import type { ComponentChildren } from "preact";

interface PartProps {
  readonly title: string;
  /** It is opened by who wants to see it. */
  readonly isFolded?: boolean;
  readonly children: ComponentChildren;
}

/** A part of an explanation, with its heading. */
export function Part({ title, isFolded = false, children }: PartProps) {
  if (isFolded)
    return (
      <details class="card part">
        <summary>
          <h2>{title}</h2>
        </summary>
        {children}
      </details>
    );
  return (
    <section class="card part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
