import type { ComponentChildren } from "preact";

/** Where there is nothing to show: why, and what would bring something. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
