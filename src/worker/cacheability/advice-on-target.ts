import type { AdvisedTarget } from "../../control/cacheability.ts";
import type { Advice } from "../../control/explanation.ts";
import { adviceOnEvidence } from "../../serve/explain/on-evidence.ts";
import { hidden } from "../../serve/explain/asked.ts";
import type { Serving } from "../serving.ts";

/** What could be changed to have the target answered from the cache, as it looked when it was asked for last. */
export async function adviceOnTarget(target: AdvisedTarget, explain: Serving["explain"]): Promise<Advice[]> {
  const { url, evidence } = target;
  const fields = evidence.requestFields.map(([name, value]) => [name, sendable(value)] satisfies Field);
  const facts = await explain({ method: evidence.method, url, fields, from: null, fetch: false });
  return adviceOnEvidence(facts, target);
}

type Field = [name: string, value: string];

/** No field can have the character that stands for what is hidden, or left out. */
function sendable(value: string): string {
  return value.replaceAll(hidden, "hidden");
}
