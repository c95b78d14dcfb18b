import type { Advice, Facts } from "../../control/explanation.ts";
import type { ReasonName } from "../../rules/reason.ts";
import { adviceOnFailures } from "./advice-on-failures.ts";
import { adviceOnRequests } from "./advice-on-requests.ts";
import { adviceOnStored, adviceOnStoring } from "./advice-on-storing.ts";
import type { Advise } from "./advice-parts.ts";
import { isKnownReason } from "./known-reasons.ts";

/** For each outcome what could be changed. */
const adviceOn: Readonly<Record<ReasonName, Advise>> = {
  ...adviceOnRequests,
  ...adviceOnFailures,
  ...adviceOnStoring,
  ...adviceOnStored,
};

/** What could be changed to have such a request answered from the cache; empty for one that is. */
export function adviceFor(facts: Facts): Advice[] {
  const { outcome, fetched } = facts;
  const advice = [...adviceOf(outcome.reason, facts), ...(fetched ? adviceOf(fetched.reason, facts) : [])];
  // What is right as it is goes without saying beside what is not.
  const changes = advice.filter(({ where }) => where !== "nothing");
  return changes.length > 0 ? changes : advice.slice(-1);
}

/** The same for a response that somebody has shown. */
export function adviceForShown(facts: Facts): Advice[] {
  const { outcome, fetched } = facts;
  return [...adviceOf(fetched === null ? outcome.reason : fetched.reason, facts)];
}

function adviceOf(reason: string, facts: Facts): readonly Advice[] {
  return isKnownReason(reason) ? adviceOn[reason](facts) : [];
}
