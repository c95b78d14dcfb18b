import type { Database } from "bun:sqlite";
import { keyEnding, type Whose } from "../rules/cache-key.ts";
import type { Policy } from "../rules/policy.ts";
import { literalStarts } from "../rules/target-glob.ts";
import { decodePolicy } from "../store/disk/decoding.ts";
import { concerns, nameIn, selects } from "../store/selecting.ts";
import type { Selector } from "../store/tier.ts";
import { tagHash } from "./tags.ts";

/** A row that a selector names. */
export interface SelectedRow {
  readonly seq: number;
  readonly id: string;
  readonly primaryKey: string;
  readonly variantKey: string;
  readonly status: number;
  readonly size: number;
  /** 1 when its body lies in a file. */
  readonly inFile: number;
  /** 1 when only pieces of it are held. */
  readonly isPartial: number;
  /** JSON. */
  readonly policy: string;
}

/** A row that may be one, as an index tells of it. */
interface Candidate {
  readonly seq: number;
  readonly primaryKey: string;
  readonly variantKey: string;
}

/**
 * The rows that selectors name, found by way of an index: each is walked once, so that who takes some hundred steps, lets
 * others come to their turn and goes on reads nothing twice. Rows may come, go and change meanwhile.
 */
export interface Selection {
  /** None beyond `upTo`. Each step looks at one row at most: undefined says that it was none. */
  rows(selector: Selector, upTo: number): Generator<SelectedRow | undefined, void>;
  /** What the row with that id says, complete or not, that a removal can ask of it. */
  named(id: string): SelectedRow | undefined;
}

/** Read at once by an index; a turn of the event loop takes as many. */
export const stepsAtATime = 256;

export function prepareSelection(database: Database): Selection {
  const statements = prepareStatements(database);

  function* candidates(selector: Selector, upTo: number): Generator<Candidate | undefined, void> {
    switch (selector.by) {
      case "key":
      case "variant":
        return yield* statements.underKey.all(selector.primaryKey, upTo);
      case "target":
        return yield* keysFrom([selector.target + endingOf(selector)], upTo);
      case "prefix":
        return yield* keysFrom([selector.targetPrefix], upTo);
      case "glob":
        return yield* keysFrom(literalStarts(selector.glob), upTo);
      case "group":
        return yield* named(selector.group, upTo);
      case "tag":
        return yield* named(selector.tag, upTo);
      case "all":
        return yield* bySeq((after) => statements.after.all(after, upTo, stepsAtATime));
    }
  }

  function named(name: string, upTo: number): Generator<Candidate, void> {
    const hash = tagHash(name);
    return bySeq((after) => statements.withTag.all(hash, after, upTo, stepsAtATime));
  }

  /** Of keys that begin so, in their order. */
  function* keysFrom(starts: readonly string[], upTo: number): Generator<Candidate | undefined, void> {
    for (const start of starts) {
      let from = { primaryKey: start, variantKey: "" };
      for (;;) {
        const page = statements.from.all(from.primaryKey, from.variantKey, start, upTo, stepsAtATime);
        yield* page;
        const last = page.at(-1);
        if (last === undefined || page.length < stepsAtATime) break;
        // No text lies between one and the same with a NUL behind it.
        from = { primaryKey: last.primaryKey, variantKey: `${last.variantKey}\0` };
      }
      // There may be as many beginnings as a glob has characters.
      yield undefined;
    }
  }

  return {
    *rows(selector, upTo) {
      for (const candidate of candidates(selector, upTo)) {
        const mayBe = candidate !== undefined && concerns(selector, candidate.primaryKey);
        const row = mayBe ? statements.row.get(candidate.seq) : null;
        yield row !== null && isSelected(selector, row) ? row : undefined;
      }
    },
    named: (id) => statements.rowWithId.get(id) ?? undefined,
  };
}

function* bySeq(pageAfter: (seq: number) => readonly Candidate[]): Generator<Candidate, void> {
  for (let after = 0; ; ) {
    const page = pageAfter(after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < stepsAtATime) return;
    after = last.seq;
  }
}

/** Names share hashes, and of a row that was freshened meanwhile an index has told otherwise. */
function isSelected(selector: Selector, row: SelectedRow): boolean {
  if (nameIn(selector) === null) return selects(selector, { ...row, policy: nameless });
  const policy = policyOf(row);
  // What is not readable serves nobody; that it is not what was to go cannot be told.
  return policy === undefined || selects(selector, { ...row, policy });
}

const nameless = { groups: [], tags: [] };

/** Undefined where it is not one that was written here. */
export function policyOf({ policy: text }: Pick<SelectedRow, "policy">): Policy | undefined {
  try {
    return decodePolicy(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** As much of the keys as is known of what comes after their target. */
function endingOf({ host, site }: Whose): string {
  if (site === null) return " ";
  return keyEnding({ host: host ?? "", site });
}

function prepareStatements(database: Database) {
  const candidate = "seq, primaryKey, variantKey";
  const row =
    "seq, id, primaryKey, variantKey, status, size, inFile, pieces IS NOT NULL AS isPartial, policy";
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
    row: database.query<SelectedRow, [number]>(`SELECT ${row} FROM responses WHERE seq = ?`),
    rowWithId: database.query<SelectedRow, [string]>(`SELECT ${row} FROM responses WHERE id = ?`),
  };
}
