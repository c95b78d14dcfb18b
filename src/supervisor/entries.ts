import { UsageError } from "../config/usage-error.ts";
import type { EntriesAnswer, EntryAnswer } from "../control/entries.ts";
import { type EntriesQuery, wishOf, writeCursor } from "../control/entries-query.ts";
import { type PurgeRequest, purgeRequestSchema } from "../control/purge.ts";
import { tagAsSent } from "../rules/tags.ts";
import type { Plan } from "../sites/plan.ts";
import type { Clock } from "../system/clock.ts";
import type { Fleet } from "./fleet.ts";
import type { IndexReading } from "./index-reading.ts";
import { type Purge, purgeOf } from "./purge.ts";
import type { Unremoved } from "./unremoved.ts";

export interface EntriesOptions {
  readonly reading: Pick<IndexReading, "read">;
  readonly fleet: Pick<Fleet, "ask">;
  readonly unremoved: Pick<Unremoved, "marks">;
  /** By which requests are served now. */
  readonly plan: () => Plan;
  readonly clock: Pick<Clock, "steady">;
}

/** What is stored on the disk, for who wants to see it. All reject with a `FleetError` when it cannot be told. */
export interface Entries {
  /** Rejects with a `UsageError` when nothing can be meant. */
  page(query: EntriesQuery, signal: AbortSignal): Promise<EntriesAnswer>;
  /** Null where there is none of that name. */
  entry(key: string, variant: string, signal: AbortSignal): Promise<EntryAnswer | null>;
}

export function createEntries({ reading, fleet, unremoved, plan, clock }: EntriesOptions): Entries {
  /** What was removed softly is there still, and is stale. */
  const hidden = () => unremoved.marks.filter(({ soft }) => soft !== true);

  return {
    async page(query, signal) {
      const begunAt = clock.steady();
      const { selectors, lookedFor } = placesOf(query, plan());
      const wish = wishOf(query);
      if (wish === undefined)
        throw new UsageError("after: it is not of this list; take what the page before says under next");
      const request = { kind: "entries", ...wish, selectors, hidden: hidden(), now: begunAt } as const;
      const answer = await reading.read({ ...request, selectors: [...selectors] }, signal);
      if (answer.kind !== "entries") throw new Error(`the list of entries was answered with ${answer.kind}`);
      const { entries, last, looked, unreadable } = answer;
      const next = last === null ? null : writeCursor(wish, last);
      return { entries, next, looked, unreadable, lookedFor, milliseconds: clock.steady() - begunAt };
    },
    async entry(key, variant, signal) {
      const request = { kind: "entry", key, variant, hidden: hidden(), now: clock.steady() } as const;
      const [answer, held] = await Promise.all([
        reading.read(request, signal),
        fleet.ask({ about: "held", key, variant }),
      ]);
      if (answer.kind !== "entry") throw new Error(`one entry was answered with ${answer.kind}`);
      if (answer.entry === null) return null;
      const inMemoryOf = held.filter(({ answer: { isHeld } }) => isHeld).map(({ worker }) => worker);
      return { ...answer.entry, inMemoryOf };
    },
  };
}

/** What a purge of these words would remove. With a tag beside them it is what bears the tag, too. */
function placesOf({ url, path, prefix, glob, host, site, tag }: EntriesQuery, plan: Plan): Purge {
  const named = Object.entries({ url, path, prefix, glob, host }).filter(([, text]) => text !== undefined);
  if (named.length > 1)
    throw new UsageError(`there should be one of ${named.map(([name]) => name).join(" and ")}`);
  const [where] = named;
  const ofSite = site === undefined ? {} : { site };
  if (where !== undefined) return purgeOf(requestOf({ [where[0]]: where[1], ...ofSite }), plan);
  if (tag !== undefined) return purgeOf(requestOf({ tag: tagAsSent(tag), ...ofSite }), plan);
  return purgeOf(requestOf(site === undefined ? { all: true } : ofSite), plan);
}

function requestOf(words: object): PurgeRequest {
  return purgeRequestSchema.parse(words);
}
