import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface CardProps {
  readonly title: string;
  /** Beside the title, at the right. */
  readonly aside?: ComponentChildren;
  /** Over all columns of its grid. */
  readonly isWide?: boolean;
  readonly children: ComponentChildren;
}

/** Something with a heading of its own. */
export function Card({ title, aside, isWide = false, children }: CardProps) {
  const id = useId();
  return (
    <section class={isWide ? "card wide" : "card"} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
