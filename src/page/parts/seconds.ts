import { useEffect, useState } from "preact/hooks";

/** What a clock says in milliseconds, anew each second while somebody can see the page. */
export function useSeconds(clock: () => number = Date.now): number {
  const [now, setNow] = useState(clock);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(clock());
    }, 1_000);
    return () => clearInterval(timer);
  }, [clock]);
  return now;
}
