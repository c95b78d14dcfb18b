import { useEffect, useState } from "preact/hooks";
import { readableDuration } from "../../control/amounts.ts";
import type { Answer } from "../polling.ts";

/** Says that numbers are old, and why, when they are. */
export function Age({ answer: { at, error } }: { readonly answer: Answer<unknown> }) {
  if (error === null) return null;
  return (
    <p class="notice bad" role="alert">
      {error}
      {at === undefined ? null : <Since at={at} />}
    </p>
  );
}

/** Goes on by itself, second by second; only the beginning is read out. */
function Since({ at }: { readonly at: number }) {
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return <span aria-live="off">; these numbers are {readableDuration(now - at)} old</span>;
}
