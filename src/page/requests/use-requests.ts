import { useEffect, useState } from "preact/hooks";
import { keepUp, type RequestsSeen } from "./keep-up.ts";

const nothing: RequestsSeen = { rows: [], missed: 0, wrong: null, trouble: null, isLoaded: false };

/** The last requests that are so, and those that come, unless it is paused or nobody sees the page. */
export function useRequests(where: string, isPaused: boolean): RequestsSeen {
  const [seen, setSeen] = useState<RequestsSeen & { readonly where: string }>({ ...nothing, where });
  const isFollowing = useVisibility() && !isPaused;
  const isOther = seen.where !== where;
  const isWanted = isFollowing || isOther || !seen.isLoaded;
  useEffect(() => {
    if (!isWanted) return;
    const controller = new AbortController();
    const { signal } = controller;
    void keepUp({ where, isFollowing, signal }, (change) => {
      if (!signal.aborted)
        setSeen((before) => {
          const known = before.where === where ? before : { ...nothing, rows: before.rows, where };
          return { ...known, ...change(known) };
        });
    });
    return () => controller.abort();
  }, [where, isFollowing]);
  return isOther ? { ...nothing, rows: seen.rows } : seen;
}

/** Whether the page is in front of somebody. */
function useVisibility(): boolean {
  const [isVisible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const look = () => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return isVisible;
}
