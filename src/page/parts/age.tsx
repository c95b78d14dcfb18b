import { useEffect, useState } from "preact/hooks";
import { readableDuration } from "../../control/amounts.ts";
import type { Answer } from "../polling.ts";

/** Says that numbers are old, and why, when they are. */
export function Age({ answer }: { readonly answer: Answer<unknown> }) {
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const { at, error } = answer;
  if (error === null) return null;
  const told = at === undefined ? error : `${error}; these numbers are ${readableDuration(now - at)} old`;
  return (
    <p class="notice bad" role="alert">
      {told}
    </p>
  );
}
