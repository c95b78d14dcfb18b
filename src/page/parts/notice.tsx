import type { ComponentChildren } from "preact";
import type { Tone } from "./badge.tsx";

/** A sentence about what has happened; it is read out when it comes. */
export function Notice({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return (
    <p class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </p>
  );
}
