import { readableBytes, readableCount, readableWait } from "../../control/amounts.ts";
import type { Cause } from "../../control/cacheability.ts";
import { AdviceList } from "../explain/advice.tsx";
import { Bar } from "../parts/bar.tsx";
import { type CauseSeen, headlinesOf } from "./seen.ts";
import { TargetsTable } from "./targets-table.tsx";

/** One cause that can be changed: what it costs, why it is, what to change, and the URLs behind it. */
export function CauseCard({
  cause,
  isOfOneSite,
}: {
  readonly cause: CauseSeen;
  readonly isOfOneSite: boolean;
}) {
  const { avoidable, again, all, length, targets, advice } = cause;
  const personal = again.requests - avoidable.requests;
  return (
    <li class="card cause" data-cause={cause.reason}>
      <CauseHead cause={cause} isOfOneSite={isOfOneSite} />
      <div class="cause-cost">
        <Bar share={length} label="of what the costliest cause costs" />
        <p class="cause-numbers">
          <span>
            <b>{readableCount(avoidable.requests)}</b> of {readableCount(all.requests)} requests could have
            been hits
          </span>
          {personal > 0 && (
            <span>
              <b>{readableCount(personal)}</b> more look like one visitor's own
            </span>
          )}
          <span>
            <b>{readableWait(avoidable.milliseconds)}</b> clients waited for those
          </span>
          <span>
            <b>{readableBytes(avoidable.bytes)}</b> came from the origin again
          </span>
        </p>
      </div>
      <AdviceList advice={advice} />
      {targets.length > 0 && (
        <details>
          <summary>
            {targets.length === 1
              ? "The URL behind it"
              : `${targets.length} URLs behind it, the costliest first`}
          </summary>
          <TargetsTable targets={targets} />
        </details>
      )}
    </li>
  );
}

/** Why it was, in sentences, and the names that logs and counters have for it. */
export function CauseHead({ cause, isOfOneSite }: { readonly cause: Cause; readonly isOfOneSite: boolean }) {
  const { site, forwarded, reason } = cause;
  const [first = reason, ...others] = headlinesOf(cause);
  const names = [...new Set([reason, forwarded])].join(", ");
  return (
    <div class="cause-head">
      <h3>{first}</h3>
      <p class="muted">
        {others.map((sentence) => `${sentence}. `).join("")}
        <span class="cause-names">
          {names}
          {isOfOneSite || site === "" ? "" : ` · ${site}`}
        </span>
      </p>
    </div>
  );
}
