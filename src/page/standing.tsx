import type { Overview } from "../control/overview.ts";
import { useRef } from "preact/hooks";
import { Badge } from "./parts/badge.tsx";
import { type Answer, useAnswer } from "./polling.ts";

/** Whether all is well, wherever one is. */
export function Standing() {
  const answer = useAnswer<Overview>("overview", 5_000);
  const first = useRef<string>(undefined);
  first.current ??= answer.value?.version;
  return (
    <p class="standing row" role="status">
      <State {...answer} />
      {answer.value?.version === first.current ? null : (
        <button class="small" type="button" onClick={() => location.reload()}>
          Version {answer.value?.version} runs now: load its page
        </button>
      )}
    </p>
  );
}

function State({ value, error }: Answer<Overview>) {
  if (error !== null) return <Badge tone="bad">{error}</Badge>;
  if (value === undefined) return null;
  const { status, reasons } = value.health;
  return status === "ok" ? (
    <Badge tone="good">all is well</Badge>
  ) : (
    <Badge tone="bad">{reasons.join("; ")}</Badge>
  );
}
