import type { CauseTarget, Evidence } from "../../control/cacheability.ts";
import type { Served } from "../../serve/answer/outcome.ts";
import { bodyNameOf, evidenceOf } from "./evidence.ts";
import { addRequest, nothingCounted, type VolumeCount } from "./volume-count.ts";

/** A request for which the origin was asked, with the name of why. */
export type Asking = Served & Required<Pick<Served, "forwarded">>;

/** The targets behind the causes that cost most, of any number of them in the memory of a few. */
export interface TargetSketch {
  /** `isAgain`: whether the target was asked for before. */
  add(asking: Asking, isAgain: boolean): void;
  /** The costliest first, so many at the most. */
  costliest(limit: number): CauseTarget[];
}

interface Entry {
  /** What it costs, with what may be of names that were here before. */
  weight: number;
  readonly forwarded: string;
  readonly reason: string;
  readonly all: VolumeCount;
  readonly again: VolumeCount;
  readonly clients: Set<number>;
  readonly bodies: Set<number>;
  evidence: Evidence;
}

/** About how many clients and bodies there are is told up to so many. */
const mostCounted = 64;
/** Characters: a client may ask for targets of 16 KB. A rule could not be made of what is cut off. */
const longestUrl = 2_000;

/**
 * The algorithm is Space-Saving, as in heavy/heavy-hitters: who comes new takes the place of the lightest and inherits its
 * weight, so that none which is heavy is overlooked. Who is asked for the first time may be the only one of its kind, and
 * takes nobody's place.
 */
export function createTargetSketch(capacity: number): TargetSketch {
  const entries = new Map<string, Entry>();

  function entryOf(asking: Asking, isAgain: boolean): Entry | undefined {
    const name = nameOf(asking);
    const known = entries.get(name);
    if (known !== undefined) return known;
    if (entries.size >= capacity && !isAgain) return undefined;
    const weight = entries.size < capacity ? 0 : takePlaceOfLightest(entries);
    const entry = newEntry(asking, weight);
    entries.set(name, entry);
    return entry;
  }

  return {
    add(asking, isAgain) {
      if (asking.host.length + asking.target.length > longestUrl) return;
      const entry = entryOf(asking, isAgain);
      if (entry === undefined) return;
      const { bytes, firstByteMilliseconds } = asking;
      addRequest(entry.all, bytes, firstByteMilliseconds);
      if (isAgain) addRequest(entry.again, bytes, firstByteMilliseconds);
      // So that what comes often counts, however quick the origin is.
      if (isAgain) entry.weight += firstByteMilliseconds + 1;
      noteLook(entry, asking);
    },
    costliest: (limit) =>
      [...entries]
        .sort(([, one], [, other]) => other.weight - one.weight)
        .slice(0, limit)
        .map(([name, entry]) => told(name, entry)),
  };
}

/** The weight of the lightest, whose place another takes. */
function takePlaceOfLightest(entries: Map<string, Entry>): number {
  let lightest = "";
  let least = Number.POSITIVE_INFINITY;
  for (const [name, { weight }] of entries) {
    if (weight >= least) continue;
    lightest = name;
    least = weight;
  }
  entries.delete(lightest);
  return least;
}

function newEntry(asking: Asking, weight: number): Entry {
  return {
    weight,
    forwarded: asking.forwarded,
    reason: asking.reason,
    all: nothingCounted(),
    again: nothingCounted(),
    clients: new Set(),
    bodies: new Set(),
    evidence: evidenceOf(asking),
  };
}

/** Evidence is made anew ever more seldom: it costs more than to count, and what comes often looks alike. */
function noteLook(entry: Entry, asking: Asking): void {
  const { requests } = entry.all;
  if (requests > 1 && (requests & (requests - 1)) === 0) entry.evidence = evidenceOf(asking);
  count(entry.clients, asking.client);
  if (entry.bodies.size < mostCounted) count(entry.bodies, bodyNameOf(asking));
}

function count(names: Set<number>, name: string | null): void {
  if (name !== null && names.size < mostCounted) names.add(Bun.hash.xxHash32(name, 0));
}

/** A text of its own, joined of all: no part of the request is kept alive by it. */
function nameOf({ site = "", forwarded, reason, protocol, host, target }: Asking): string {
  return `${site}\n${forwarded}\n${reason}\n${protocol}://${host}${target}`;
}

function told(
  name: string,
  { forwarded, reason, all, again, clients, bodies, evidence }: Entry,
): CauseTarget {
  const [site = "", , , url = ""] = name.split("\n");
  const volumes = { all: { ...all }, again: { ...again } };
  return { site, forwarded, reason, url, ...volumes, clients: clients.size, bodies: bodies.size, evidence };
}
