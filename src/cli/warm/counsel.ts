import { type Advice, explanationSchema } from "../../control/explanation.ts";
import { failed } from "../../rules/reason-failed.ts";
import { explain, isReasonName } from "../../rules/reason.ts";
import type { Settings } from "../../config/schema.ts";
import { askSupervisor } from "../admin-client.ts";
import { CommandError } from "../surroundings.ts";
import type { Asked, Group, Tally } from "./tally.ts";

/** A group with what is said of it at the end. */
export interface Told {
  readonly what: string;
  /** "not stored: the response sets a cookie"; null where the cause is none of the cache's. */
  readonly sentence: string | null;
  readonly count: number;
  /** A URL of it, and what was chosen of the request's fields. */
  readonly example: { readonly url: string; readonly variant: string };
  readonly advice: readonly Advice[];
}

/** For more groups nobody is asked: their reasons are told alone. */
const mostAsked = 10;

/** Those of most requests first, each with its sentence and what is advised for its example. */
async function toldOf(groups: ReadonlyMap<string, Group>, counsel: Counsel): Promise<readonly Told[]> {
  const sorted = [...groups.values()].sort((one, other) => other.count - one.count);
  const told: Told[] = [];
  for (const [place, group] of sorted.entries()) {
    const { what, count, example } = group;
    told.push({
      ...{ what, count, sentence: counsel.sentence(group) },
      example: { url: example.page.url.href, variant: example.variant.words },
      advice: place < mostAsked ? await counsel.advice(group) : [],
    });
  }
  return told;
}

interface Counsel {
  sentence(group: Group): string | null;
  advice(group: Group): Promise<readonly Advice[]> | readonly Advice[];
}

/** What is answered well and not stored, with what `explain` says of it; `isAsking`: whether anybody is asked. */
export function uncachedTold({ uncached }: Tally, settings: Settings, isAsking: boolean) {
  return toldOf(uncached, {
    sentence: ({ reason }) => (reason !== null && isReasonName(reason) ? explain(reason) : null),
    advice: ({ example }) => (isAsking ? adviceFor(example, settings) : []),
  });
}

/** Whether an error is stored is no matter here: what is said is how the origin failed, where that is known. */
export function failedTold({ failed: groups }: Tally, settings: Settings, isAsking: boolean) {
  return toldOf(groups, {
    sentence: ({ reason }) =>
      reason !== null && reason in failed && isReasonName(reason) ? explain(reason) : null,
    async advice({ status, reason, example }) {
      if (status === 404 || status === 410) return [takeItOff];
      if (!isAsking || reason === null || !(reason in failed)) return [];
      return (await adviceFor(example, settings)).filter(({ where }) => where !== "nothing");
    },
  });
}

const takeItOff: Advice = {
  where: "origin",
  text: "The server has no such page: take it off the sitemap or the list, or have the server answer it.",
  copy: null,
};

/** None where nobody can tell. */
async function adviceFor({ page, variant }: Asked, settings: Settings): Promise<readonly Advice[]> {
  const url = new URL(page.url);
  url.protocol = page.door.scheme;
  const query = new URLSearchParams({ url: url.href, fetch: "1" });
  for (const [name, value] of variant.fields) query.append("header", `${name}: ${value}`);
  try {
    return (await askSupervisor(settings, `/explain?${query}`, explanationSchema)).advice;
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}
