import { readableCount } from "../../control/amounts.ts";
import { CauseHead } from "./cause-card.tsx";
import { type CauseSeen, keyOf } from "./seen.ts";

/** What no change would make hits of, and why: told, so that nobody looks for it. */
export function LeftAlone({
  causes,
  isOfOneSite,
}: {
  readonly causes: readonly CauseSeen[];
  readonly isOfOneSite: boolean;
}) {
  return (
    <ul class="left-alone">
      {causes.map((cause) => (
        <li key={keyOf(cause)} data-cause={cause.reason}>
          <CauseHead cause={cause} isOfOneSite={isOfOneSite} />
          <span class="number">{readableCount(cause.all.requests)}</span>
        </li>
      ))}
    </ul>
  );
}
