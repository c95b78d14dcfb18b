import { siteOfKey } from "../../rules/cache-key.ts";
import type { Candidate } from "../ways.ts";
import { keyOfParts, type PathRows, partsOf, type RowParts } from "./page-rows.ts";
import { type Difference, type Had, hadBy, leastCopies, without } from "./what-differs.ts";

/** Copies of one page: what stays of them without the difference is the same. */
export interface Copies {
  readonly count: number;
  /** Some of them, to be compared with each other. */
  readonly rows: readonly Candidate[];
  /** One of them, whole, and what all have in common. */
  readonly one: RowParts;
  readonly common: RowParts;
}

/** A difference that makes copies, of a site. */
export interface Splitting extends Difference {
  readonly site: string;
  pages: number;
  copies: number;
  /** Those with most, first. */
  readonly worst: Copies[];
}

/** Finds by what responses of one path differ and by nothing else, in bounded memory. */
export interface Splits {
  add(rows: PathRows): void;
  /** What makes most copies, first. */
  readonly inOrder: () => readonly Splitting[];
}

/** A row may have a name for each of its parameters, and everybody may make up others. */
const mostDifferences = 24;
const mostSplittings = 500;
const worstPages = 5;
const mostCompared = 50;

export function createSplits(): Splits {
  const splittings = new Map<string, Splitting>();

  function note(difference: Difference, copies: Copies): void {
    const { by, name } = difference;
    const site = siteOfKey(copies.one.whose);
    const key = `${site} ${by} ${name}`;
    let splitting = splittings.get(key);
    if (splitting === undefined) {
      if (splittings.size >= mostSplittings) forgetTheLeast(splittings);
      splitting = { by, name, site, pages: 0, copies: 0, worst: [] };
      splittings.set(key, splitting);
    }
    splitting.pages += 1;
    splitting.copies += copies.count;
    keepWorst(splitting.worst, copies);
  }

  return {
    add(page) {
      const rows = page.rows.filter(isComparable);
      const [only] = rows;
      if (rows.length === 1 && only?.primaryKey.includes("?") !== true) return;
      const parts = rows.map(partsOf);
      // One row alone is a copy of nothing but of the page without an advertisement's parameters.
      const differences = differencesOf(parts).filter(({ by }) => rows.length > 1 || by === "tracking");
      for (const difference of differences) {
        for (const copies of copiesBy(difference, rows, parts)) note(difference, copies);
      }
    },
    inOrder: () => [...splittings.values()].sort((one, other) => other.copies - one.copies),
  };
}

/** A client may ask for targets of 16 KB, of nothing but parameters: each would have to be left out of each such key. */
const longestKey = 2_000;
const mostParameters = 64;

function isComparable({ primaryKey }: Candidate): boolean {
  if (primaryKey.length > longestKey) return false;
  let at = 0;
  for (let count = 0; at !== -1 && count < mostParameters; count += 1) at = primaryKey.indexOf("&", at + 1);
  return at === -1;
}

/** Those that most of the rows have: the others make few copies. What all have alike makes none. */
function differencesOf(parts: readonly RowParts[]): Difference[] {
  const counted = new Map<string, Counted>();
  for (const { difference, text } of parts.flatMap(hadBy)) {
    const name = `${difference.by} ${difference.name}`;
    const known = counted.get(name);
    if (known === undefined) counted.set(name, { difference, text, count: 1, isAlike: true });
    else {
      known.count += 1;
      known.isAlike &&= known.text === text;
    }
  }
  return [...counted.values()]
    .filter((each) => each.difference.by === "tracking" || !each.isAlike || each.count < parts.length)
    .sort((one, other) => other.count - one.count)
    .slice(0, mostDifferences)
    .map(({ difference }) => difference);
}

interface Counted extends Had {
  count: number;
  isAlike: boolean;
}

function copiesBy(difference: Difference, rows: readonly Candidate[], parts: readonly RowParts[]): Copies[] {
  const groups = new Map<string, Group>();
  for (const [index, row] of rows.entries()) {
    const one = parts[index];
    if (one === undefined) continue;
    const common = without(difference, one);
    const name = `${keyOfParts(common)}\n${common.variant.join("\n")}`;
    const group = groups.get(name);
    // What comes by an advertisement is a copy of the page without, which lies elsewhere.
    const isAlone = difference.by === "tracking" && common.parameters?.length !== one.parameters?.length;
    const least = isAlone ? 1 : leastCopies(difference);
    if (group === undefined) groups.set(name, { count: 1, rows: [row], one, common, least });
    else {
      group.count += 1;
      if (group.rows.length < mostCompared) group.rows.push(row);
      group.least = Math.min(group.least, least);
    }
  }
  return [...groups.values()].filter(({ count, least }) => count >= least);
}

interface Group extends Copies {
  count: number;
  readonly rows: Candidate[];
  /** With fewer they are none that would be missed. */
  least: number;
}

function keepWorst(worst: Copies[], copies: Copies): void {
  const least = worst.at(-1);
  if (worst.length === worstPages && least !== undefined && least.count >= copies.count) return;
  worst.push(copies);
  worst.sort((one, other) => other.count - one.count);
  if (worst.length > worstPages) worst.pop();
}

function forgetTheLeast(splittings: Map<string, Splitting>): void {
  const byCopies = [...splittings].sort(([, one], [, other]) => one.copies - other.copies);
  for (const [key] of byCopies.slice(0, mostSplittings / 2)) splittings.delete(key);
}
