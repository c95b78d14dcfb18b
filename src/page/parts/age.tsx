import { readableDuration } from "../../control/amounts.ts";
import type { Answer } from "../polling.ts";
import { Notice } from "./notice.tsx";
import { useSeconds } from "./seconds.ts";

const steadily = () => performance.now();

/** Says that numbers are old, and why, when they are. */
export function Age({ answer: { at, error } }: { readonly answer: Answer<unknown> }) {
  if (error === null) return null;
  return (
    <Notice tone="bad">
      {error}
      {at === undefined ? null : <Since at={at} />}
    </Notice>
  );
}

/** Goes on by itself, second by second; only the beginning is read out. */
function Since({ at }: { readonly at: number }) {
  const now = useSeconds(steadily);
  return <span aria-live="off">; these numbers are {readableDuration(now - at)} old</span>;
}
