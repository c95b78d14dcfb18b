import type { Advice } from "../../control/explanation.ts";
import { isReasonName, type ReasonName } from "../../rules/reason.ts";
import { adviceOnFailures } from "./advice-on-failures.ts";
import { adviceOnRequests } from "./advice-on-requests.ts";
import { adviceOnStored, adviceOnStoring, onErrorAlone } from "./advice-on-storing.ts";
import { usualOrigin } from "../../sites/written-rule.ts";
import { type Advise, type FactsOfMany, ofClient } from "./advice-parts.ts";

/** For each outcome what could be changed. */
const adviceOn: Readonly<Record<ReasonName, Advise>> = {
  ...adviceOnRequests,
  ...adviceOnFailures,
  ...adviceOnStoring,
  ...adviceOnStored,
};

/** What could be changed to have such a request answered from the cache; empty for one that is. */
export function adviceFor(facts: FactsOfMany): Advice[] {
  const { outcome, fetched } = facts;
  // Where the origin has just failed, that comes before all else that could be better.
  const isFailing = fetched !== null && Object.hasOwn(adviceOnFailures, fetched.reason);
  const first = isFailing ? [] : [outcome.reason];
  const reasons = new Set([...first, ...(fetched === null ? [] : [fetched.reason])]);
  const advice = [...reasons].flatMap((reason) => adviceOf(reason, facts));
  // What is right as it is goes without saying beside what is not.
  const changes = advice.filter(({ where }) => where !== "nothing");
  return changes.length > 0 ? changes : advice.slice(-1);
}

/** The same for a response that somebody has shown. */
export function adviceForShown(facts: FactsOfMany): Advice[] {
  const { outcome, fetched } = facts;
  if (fetched?.reason === "unasked-not-modified") return [ofClient(notTheWhole)];
  return adviceOf(fetched === null ? outcome.reason : fetched.reason, facts).map(withItsOrigin);
}

const notTheWhole =
  "This 304 only tells a browser that what it has is still right. Paste the answer to a first visit: of a window of private browsing, or of curl -i.";

/** Nobody is running who would know which server was meant, where the file does not say it. */
function withItsOrigin({ copy, ...advice }: Advice): Advice {
  const line = `origins = ["${usualOrigin}"]`;
  return { ...advice, copy: copy?.replace(line, `${line} # the address of your server`) ?? null };
}

function adviceOf(reason: string, facts: FactsOfMany): readonly Advice[] {
  if (!isReasonName(reason)) return [];
  const advice = adviceOn[reason](facts);
  const isToBeStored =
    Object.hasOwn(adviceOnStoring, reason) && advice.some(({ where }) => where !== "nothing");
  return (isToBeStored ? onErrorAlone(facts) : undefined) ?? advice;
}
