import type { Order } from "../order.ts";
import type { StoredResponse } from "../tier.ts";
import type { BodyCheck } from "./body-check.ts";
import type { BodyFiles } from "./body-files.ts";
import type { DamagedRows } from "./damaged-rows.ts";
import type { DiskFound, InRow } from "./disk-found.ts";
import type { IndexReader } from "./index-reader.ts";
import type { Outbox } from "./outbox.ts";
import type { Row } from "./row.ts";

export interface DiskRowsOptions {
  readonly index: Pick<IndexReader, "find">;
  readonly outbox: Pick<Outbox, "overlay" | "isUsed" | "isVerified">;
  readonly bodies: Pick<BodyFiles, "path">;
  readonly check: Pick<BodyCheck, "look" | "isIntact">;
  readonly damaged: Pick<DamagedRows, "remove">;
  readonly order: Pick<Order, "follow">;
  readonly maxVariantsPerKey: number;
  /** See `RowBody`. */
  readonly generation: () => number;
  readonly isClosed: () => boolean;
}

/**
 * Complete responses as this process knows them: the rows of the index, and over them what waits here for the keeper. So
 * who stores a response finds it at once, and not some twenty milliseconds later, when it has become a row.
 */
export interface DiskRows {
  /** Newest first. Throws what SQLite says. */
  ofKey(primaryKey: string): Row[];
  /** The row with that id, if it is stored or waits to be. Throws what SQLite says. */
  withId(primaryKey: string, id: string): Row | undefined;
  /** The row with its body; undefined, and the response removed, where the body is not what was stored. */
  foundAs(row: Row): DiskFound | undefined;
}

export function createDiskRows(options: DiskRowsOptions): DiskRows {
  const { index, outbox, bodies, check, damaged, order, maxVariantsPerKey, generation, isClosed } = options;

  function ofKey(primaryKey: string): Row[] {
    if (isClosed() || !primaryKey.isWellFormed()) return [];
    const { complete } = index.find(primaryKey);
    for (const { response } of complete) order.follow(response.version);
    const variants = outbox.overlay(complete, primaryKey);
    return variants.length <= maxVariantsPerKey ? variants : withinBound(variants);
  }

  /**
   * Variants that wait for their rows are beyond the bound until then: left out are those that will go with the commit,
   * which are not the newest one and, where there are such, not used.
   */
  function withinBound(variants: readonly Row[]): Row[] {
    const isUsed = ({ response, used }: Row) => used || outbox.isUsed(response.id);
    const [newest, ...others] = variants;
    const usedFirst = [...others.filter(isUsed), ...others.filter((row) => !isUsed(row))];
    const kept = new Set([newest, ...usedFirst].slice(0, maxVariantsPerKey));
    return variants.filter((row) => kept.has(row));
  }

  function foundAs({ response, checksum, body }: Row): DiskFound | undefined {
    if (body?.kind !== "file") return foundInRow(response, body, checksum);
    const file = check.look(response);
    if (file === undefined) return undefined;
    const { modifiedAt } = file;
    const wasRight = body.generation === generation() && body.modifiedAt === modifiedAt;
    const trusted = wasRight || outbox.isVerified(response.id, modifiedAt);
    const path = bodies.path(response.id);
    return { response, checksum, modifiedAt, trusted, body: { kind: "file", path } };
  }

  function foundInRow(
    response: StoredResponse,
    body: InRow["body"] | null,
    checksum: string,
  ): InRow | undefined {
    if (body === null) damaged.remove(response, "MISSING_BODY", "is missing");
    else if (check.isIntact(response, body.bytes, checksum))
      return { response, checksum, trusted: true, body };
    return undefined;
  }

  return {
    ofKey,
    withId: (primaryKey, id) => ofKey(primaryKey).find(({ response }) => response.id === id),
    foundAs,
  };
}
