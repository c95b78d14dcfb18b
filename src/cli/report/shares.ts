import { readableShare, readableWait } from "../../control/amounts.ts";
import type { Cause } from "../../control/cacheability.ts";
import type { Change, Report } from "../../control/report.ts";
import { sumOf, totalsOf, without } from "../../control/volume.ts";
import { requestsInWords } from "./stored-words.ts";

/** A part of all requests, and of the bytes of their answers. */
export interface Share {
  readonly name: string;
  readonly kind: "hit" | "avoidable" | "unavoidable" | "other";
  readonly requests: number;
  readonly bytes: number;
}

/** What the requests of some time were, all together. */
export interface Shares {
  readonly requests: number;
  readonly bytes: number;
  /** Their sum is all; what there is nothing of is left out, but for hits. */
  readonly parts: readonly Share[];
}

/** Of all sites. */
export function sharesOf({ totals, avoidable, unavoidable }: Report): Shares {
  const sum = totalsOf(totals);
  const all = { requests: sum.requests, bytes: sum.bytes };
  const hits = { requests: sum.hits, bytes: sum.hitBytes };
  const other = {
    requests: left(all.requests, hits.requests, avoidable.requests, unavoidable.requests),
    bytes: left(all.bytes, hits.bytes, avoidable.bytes, unavoidable.bytes),
  };
  const parts: Share[] = [
    { name: "hits", kind: "hit", ...hits },
    { name: "could be hits", kind: "avoidable", requests: avoidable.requests, bytes: avoidable.bytes },
    { name: "cannot be hits", kind: "unavoidable", requests: unavoidable.requests, bytes: unavoidable.bytes },
    { name: "answered otherwise", kind: "other", ...other },
  ];
  return { ...all, parts: parts.filter(({ kind, requests }) => kind === "hit" || requests > 0) };
}

/** Counters are read one after the other, while requests come: what they say together may be more than all. */
function left(all: number, ...parts: readonly number[]): number {
  return Math.max(
    0,
    parts.reduce((rest, part) => rest - part, all),
  );
}

/** Causes of which some requests could have been hits, as the report has them ordered, and what they would have saved. */
export function avoidableCauses({ causes }: Report): readonly Cause[] {
  return causes.filter(({ avoidable }) => avoidable.requests > 0);
}

/**
 * Why the others cannot be hits: requests by cause, the most first. First requests are of every cause, and so are those
 * that look like one visitor's.
 */
export function unavoidableCauses({ causes }: Report): readonly Named[] {
  const named = causes
    .filter(({ isAvoidable }) => !isAvoidable)
    .map((cause) => ({ name: nameOf(cause), requests: cause.all.requests }));
  const others = causes.filter(({ isAvoidable }) => isAvoidable);
  const first = sumOf(others.map(({ all, again }) => without(all, again)));
  const personal = sumOf(others.map(({ again, avoidable }) => without(again, avoidable)));
  return [
    ...merged(named),
    { name: "asked for the first time", requests: first.requests },
    { name: "looks like one visitor's own", requests: personal.requests },
  ]
    .filter(({ requests }) => requests > 0)
    .toSorted((one, other) => other.requests - one.requests);
}

interface Named {
  readonly name: string;
  readonly requests: number;
}

function merged(named: readonly Named[]): Named[] {
  const sums = new Map<string, number>();
  for (const { name, requests } of named) sums.set(name, (sums.get(name) ?? 0) + requests);
  return Array.from(sums, ([name, requests]) => ({ name, requests }));
}

/** For a miss it is what became of the answer; else why the origin was asked, though something was stored, tells more. */
export function nameOf({ forwarded, reason }: Pick<Cause, "forwarded" | "reason">): string {
  if (forwarded !== "miss" || reason === "") return forwarded;
  return reason.startsWith("stored-") ? "newly stored" : reason;
}

/** "saves up to 300 requests, 3.0 % of all, …": so many if what is stored then is kept from one to the next. */
export function savingInWords({ saves }: Change, report: Report): string {
  const { requests, bytes } = sharesOf(report);
  return `saves up to ${requestsInWords(saves.requests)}, ${readableShare(saves.requests, requests)} of all, ${readableShare(saves.bytes, bytes)} of bytes, ${readableWait(saves.milliseconds)} of waiting`;
}

/** "shop: set-cookie", where there is more than one site. */
export function ofSite(site: string, report: Report, name: string): string {
  return report.totals.length > 1 && site !== "" ? `${site}: ${name}` : name;
}
