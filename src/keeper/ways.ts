import type { Database } from "bun:sqlite";
import { keyEnding, type Whose } from "../rules/cache-key.ts";
import { literalStarts } from "../rules/target-glob.ts";
import type { Selector } from "../store/tier.ts";
import { tagHash } from "./tags.ts";

/** A row that a selector may name, as an index tells of it. */
export interface Candidate {
  readonly seq: number;
  readonly primaryKey: string;
  readonly variantKey: string;
}

/** Where a row lies in the order of keys. */
export type Place = Pick<Candidate, "primaryKey" | "variantKey">;

/** A way through an index, on which rows are met each once. Rows may come, go and change meanwhile. */
export interface Way {
  /** Whether rows come in the order of their keys. */
  readonly isByKey: boolean;
  /** In order of keys they may begin behind a place. */
  candidates(behind?: Place): Generator<Candidate, void>;
}

/** The ways, one after the other, that lead to all rows up to `upTo` that the selector can name, and to few others. */
export type WaysOf = (selector: Selector, upTo: number) => readonly Way[];

/** Read at once by an index; a turn of the event loop takes as many. */
export const stepsAtATime = 256;

export function prepareWays(database: Database): WaysOf {
  const statements = prepareStatements(database);

  /** Over keys that begin so. */
  function byKeys(start: string, upTo: number): Way {
    function* candidates(behind?: Place): Generator<Candidate, void> {
      // No text lies between one and the same with a NUL behind it.
      const next = ({ primaryKey, variantKey }: Place) => ({ primaryKey, variantKey: `${variantKey}\0` });
      const isBehind = behind !== undefined && behind.primaryKey >= start;
      let from: Place = isBehind ? next(behind) : { primaryKey: start, variantKey: "" };
      for (;;) {
        const page = statements.from.all(from.primaryKey, from.variantKey, start, upTo, stepsAtATime);
        yield* page;
        const last = page.at(-1);
        if (last === undefined || page.length < stepsAtATime) return;
        from = next(last);
      }
    }
    return { isByKey: true, candidates };
  }

  function named(name: string, upTo: number): Way {
    const hash = tagHash(name);
    return bySeq((after) => statements.withTag.all(hash, after, upTo, stepsAtATime));
  }

  return (selector, upTo) => {
    switch (selector.by) {
      case "key":
      case "variant":
        return [ofOneKey(() => statements.underKey.all(selector.primaryKey, upTo))];
      case "target":
        return [byKeys(selector.target + endingOf(selector), upTo)];
      case "prefix":
        return [byKeys(selector.targetPrefix, upTo)];
      case "glob":
        return literalStarts(selector.glob).map((start) => byKeys(start, upTo));
      case "group":
        return [named(selector.group, upTo)];
      case "tag":
        return [named(selector.tag, upTo)];
      case "all":
        return [bySeq((after) => statements.after.all(after, upTo, stepsAtATime))];
    }
  };
}

function ofOneKey(read: () => readonly Candidate[]): Way {
  return {
    isByKey: false,
    *candidates() {
      yield* read();
    },
  };
}

function bySeq(pageAfter: (seq: number) => readonly Candidate[]): Way {
  return {
    isByKey: false,
    *candidates() {
      for (let after = 0; ; ) {
        const page = pageAfter(after);
        yield* page;
        const last = page.at(-1);
        if (last === undefined || page.length < stepsAtATime) return;
        after = last.seq;
      }
    },
  };
}

/** As much of the keys as is known of what comes after their target. */
function endingOf({ host, site }: Whose): string {
  if (site === null) return " ";
  return keyEnding({ host: host ?? "", site });
}

function prepareStatements(database: Database) {
  const candidate = "seq, primaryKey, variantKey";
  return {
    underKey: database.query<Candidate, [string, number]>(
      `SELECT ${candidate} FROM responses WHERE primaryKey = ? AND seq <= ?`,
    ),
    // No UTF-8 text has the byte FF, so these are the keys that begin with the text.
    from: database.query<Candidate, [string, string, string, number, number]>(
      `SELECT ${candidate} FROM responses
         WHERE (primaryKey, variantKey) >= (?, ?) AND primaryKey < ? || CAST(x'ff' AS TEXT) AND seq <= ?
         ORDER BY primaryKey, variantKey LIMIT ?`,
    ),
    withTag: database.query<Candidate, [number, number, number, number]>(
      `SELECT ${candidate} FROM tags CROSS JOIN responses USING (seq)
         WHERE hash = ? AND tags.seq > ? AND tags.seq <= ? ORDER BY tags.seq LIMIT ?`,
    ),
    after: database.query<Candidate, [number, number, number]>(
      `SELECT ${candidate} FROM responses WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
    ),
  };
}
