import { useEffect, useState } from "preact/hooks";
import { readableCount } from "../../control/amounts.ts";
import { useCell } from "../cell.ts";
import { typingMilliseconds } from "../look.ts";
import { Empty } from "../parts/empty.tsx";
import { Notice } from "../parts/notice.tsx";
import { addressOf, goTo, place } from "../place.ts";
import { narrowed } from "./conditions.ts";
import { FilterForm } from "./filter-form.tsx";
import type { RequestsSeen } from "./keep-up.ts";
import { RequestRows } from "./request-rows.tsx";
import { useRequests } from "./use-requests.ts";

/** The last requests, and those that come, filtered as one types. */
export function Requests() {
  const [where, setWhere] = useWritten();
  const settled = useSettled(where.trim());
  const [isPaused, setPaused] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const seen = useRequests(settled, isPaused || open !== null);
  const write = (written: string) => {
    setOpen(null);
    setWhere(written);
  };
  return (
    <>
      <FilterForm where={where} wrong={seen.wrong} onWrite={write} />
      <div class="requests-state">
        {seen.wrong === null && <State seen={seen} isPaused={isPaused} isOpen={open !== null} />}
        <button type="button" class="small" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          Pause
        </button>
      </div>
      {seen.rows.length > 0 && (
        <div class="card requests-card">
          <RequestRows
            rows={seen.rows}
            open={open}
            onOpen={setOpen}
            onNarrow={(condition) => write(narrowed(where, condition))}
          />
        </div>
      )}
      {seen.rows.length === 0 && seen.isLoaded && seen.wrong === null && (
        <Empty>{settled === "" ? "No request has come yet." : "None of the last requests is so."}</Empty>
      )}
    </>
  );
}

/** The conditions, which the page's address has, too, so that it leads back to them. */
function useWritten(): [where: string, write: (where: string) => void] {
  const { query } = useCell(place);
  const write = (where: string) =>
    goTo(addressOf("requests", where === "" ? {} : { where }), { replacing: true });
  return [query.get("where") ?? "", write];
}

interface StateProps {
  readonly seen: RequestsSeen;
  readonly isPaused: boolean;
  readonly isOpen: boolean;
}

/** Whether what is shown is what comes, and how much of it. */
function State({ seen, isPaused, isOpen }: StateProps) {
  const { rows, missed, trouble, isLoaded } = seen;
  if (trouble !== null) return <Notice tone="bad">{trouble}; it is asked again</Notice>;
  const state = isPaused ? "Paused" : isOpen ? "Waits while one is open" : isLoaded ? "Live" : "Asking";
  const more = missed > 0 ? `; ${readableCount(missed)} came too quickly to be told` : "";
  return (
    <p class={state === "Live" ? "state live" : "state"}>
      {state}, {readableCount(rows.length)} shown{more}
    </p>
  );
}

/** A text once it has been the same for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), typingMilliseconds);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
