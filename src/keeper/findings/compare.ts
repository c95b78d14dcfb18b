import type { Database } from "bun:sqlite";
import type { FoundSplit } from "../../control/findings-request.ts";
import { hostOfKey } from "../../rules/cache-key.ts";
import type { Candidate } from "../ways.ts";
import { keyOfParts, partsOf, targetOfParts } from "./page-rows.ts";
import type { Copies, Splitting } from "./splits.ts";
import { isNegotiated, isSplitByBodies, trackingNames, valueIn } from "./what-differs.ts";

const mostSplits = 20;
const mostValues = 5;
const mostNames = 4;

/** Looks at the copies themselves: those of which each is another page are none. */
export function prepareComparison(database: Database): (splittings: readonly Splitting[]) => FoundSplit[] {
  const bodies = database.query<Body, [string]>(
    "SELECT status, size, checksum FROM responses WHERE seq IN (SELECT value FROM json_each(?))",
  );
  const underKey = database.query<{ size: number }, [string, string]>(
    "SELECT size FROM responses WHERE primaryKey = ? AND variantKey = ?",
  );

  function compared(splitting: Splitting, copies: Copies): Compared | undefined {
    const seqs = copies.rows.map(({ seq }) => seq);
    const read = bodies.all(JSON.stringify(seqs));
    // Of a body that is held in part nobody knows.
    const whole = read.filter(({ status, size, checksum }) => status === 200 && size > 0 && checksum !== "");
    const different = new Set(whole.map(({ checksum }) => checksum)).size;
    const isAlike = whole.length > 1 && different === 1;
    if (isSplitByBodies(splitting) && !isAlike) return undefined;
    if (isNegotiated(splitting) && different >= whole.length) return undefined;
    const mean = read.reduce((sum, { size }) => sum + size, 0) / Math.max(1, read.length);
    const bare = bareOne(splitting, copies);
    return {
      copies,
      count: copies.count + (bare === undefined ? 0 : 1),
      bytes: Math.round(mean * copies.count) + (bare ?? 0),
      compared: whole.length,
      bodies: different,
    };
  }

  /** The size of the page without any query, which lies elsewhere in the index; undefined where it is not stored. */
  function bareOne({ by }: Splitting, { common }: Copies): number | undefined {
    const isWithout = by === "tracking" || by === "query";
    if (!isWithout || common.parameters === null || common.parameters.length > 0) return undefined;
    return underKey.get(keyOfParts(common), common.variant.join("\n"))?.size;
  }

  return (splittings) => {
    const found: FoundSplit[] = [];
    for (const splitting of splittings) {
      if (found.length >= mostSplits) break;
      const known = splitting.worst.flatMap((copies) => compared(splitting, copies) ?? []);
      const [worst] = known.sort((one, other) => other.count - one.count);
      if (worst === undefined || worst.count < 2) continue;
      const pages = isSplitByBodies(splitting) ? known.length : splitting.pages;
      found.push(splitOf(splitting, worst, pages));
    }
    return found;
  };
}

interface Body {
  readonly status: number;
  readonly size: number;
  readonly checksum: string;
}

interface Compared extends Pick<FoundSplit, "bytes" | "compared" | "bodies"> {
  readonly copies: Copies;
  readonly count: number;
}

function splitOf(splitting: Splitting, worst: Compared, pages: number): FoundSplit {
  const { by, name, site } = splitting;
  const { bytes, compared, bodies, count, copies } = worst;
  const values = new Set(copies.rows.flatMap((row) => valueIn(splitting, partsOf(row)) ?? []));
  return {
    ...{ site, host: by === "host" ? "" : hostOfKey(copies.one.whose), by, copies: count, bytes },
    path: targetOfParts(copies.common),
    names: by === "tracking" ? namesIn(copies.rows) : name === "" ? [] : [name],
    ...{ pages, compared, bodies },
    values: [...values].slice(0, mostValues),
  };
}

/** The most frequent, first. */
function namesIn(rows: readonly Candidate[]): string[] {
  const named = Map.groupBy(
    rows.flatMap((row) => trackingNames(partsOf(row))),
    (name) => name,
  );
  return [...named]
    .sort(([, one], [, other]) => other.length - one.length)
    .slice(0, mostNames)
    .map(([name]) => name);
}
