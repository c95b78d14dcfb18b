import { readableBytes, readableCount, readableWait } from "../../control/amounts.ts";
import type { Cause } from "../../control/cacheability.ts";
import { AdviceList } from "../explain/advice.tsx";
import { Bar } from "../parts/bar.tsx";
import type { CauseSeen } from "./seen.ts";
import { TargetsTable } from "./targets-table.tsx";

/** One cause that can be changed: what it costs, why it is, what to change, and the URLs behind it. */
export function CauseCard({
  cause,
  isOfOneSite,
}: {
  readonly cause: CauseSeen;
  readonly isOfOneSite: boolean;
}) {
  const { again, all, length, targets, advice } = cause;
  return (
    <li class="card cause" data-cause={cause.reason}>
      <CauseHead cause={cause} isOfOneSite={isOfOneSite} />
      <div class="cause-cost">
        <Bar share={length} label="of what the costliest cause costs" />
        <p class="cause-numbers">
          <span>
            <b>{readableCount(again.requests)}</b> of {readableCount(all.requests)} requests could have been
            hits
          </span>
          <span>
            <b>{readableWait(again.milliseconds)}</b> clients waited for those
          </span>
          <span>
            <b>{readableBytes(again.bytes)}</b> came from the origin again
          </span>
        </p>
      </div>
      <AdviceList advice={advice} />
      {targets.length > 0 && (
        <details class="cause-targets">
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

/** Why it was: both sentences, as far as there are two, and the names that logs and counters have for it. */
export function CauseHead({ cause, isOfOneSite }: { readonly cause: Cause; readonly isOfOneSite: boolean }) {
  const { site, forwarded, reason } = cause;
  const sentences = [...cause.sentences].reverse();
  const names = [...new Set([reason, forwarded])].join(", ");
  const [first = reason, ...others] = sentences;
  return (
    <div class="cause-head">
      <h3>{capital(first)}</h3>
      <p class="muted">
        {others.map(capital).join(". ")}
        {others.length > 0 ? ". " : ""}
        <span class="cause-names">
          {names}
          {isOfOneSite || site === "" ? "" : ` · ${site}`}
        </span>
      </p>
    </div>
  );
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
