import type { Database } from "bun:sqlite";
import type { WholeEntry } from "../../control/entries.ts";
import type { EntryRequest } from "../../control/entries-request.ts";
import type { FieldList } from "../../rules/fields.ts";
import type { Policy } from "../../rules/policy.ts";
import { reasons } from "../../rules/reason.ts";
import { decideReuse } from "../../rules/reuse.ts";
import { tagAsText } from "../../rules/tags.ts";
import { decodePolicy, decodeResponse } from "../../store/disk/decoding.ts";
import { selects } from "../../store/selecting.ts";
import { type EntryRow, entryOf, heldPieces, prepareEntryRows } from "./row.ts";

/** One entry with all there is to know of it; null where there is none of that name. Throws where it is not readable. */
export function readEntry(database: Database, request: EntryRequest): WholeEntry | null {
  const rows = prepareEntryRows(database)
    .underKey(request.key)
    .filter((row) => !isHidden(row, request));
  const row = rows.find(({ variantKey }) => variantKey === request.variant);
  if (row === undefined) return null;
  const others = rows.filter((each) => each !== row);
  return {
    ...wholeEntryOf(row, request.now),
    variants: others.map((other) => entryOf(other, request.now)),
  };
}

function isHidden(row: EntryRow, { hidden }: EntryRequest): boolean {
  return hidden.some((each) => selects(each, { ...row, policy: decodePolicy(row.policy) }));
}

function wholeEntryOf(row: EntryRow, now: number): Omit<WholeEntry, "variants"> {
  const { id, version, checksum, footprint } = row;
  const { policy, fields } = decodeResponse(row.primaryKey, row);
  const { lifetimeSource, staleWhileRevalidateWindow, staleIfErrorWindow } = policy;
  const { revalidateAlways, revalidateWhenStale, immutable, entityTag, lastModifiedAt } = policy;
  return {
    ...entryOf(row, now),
    ...{ id, version, checksum, footprint, lifetimeSource },
    ...{ revalidateAlways, revalidateWhenStale, immutable, entityTag, lastModifiedAt },
    body: row.pieces === null ? (row.inFile === 1 ? "file" : "index") : "pieces",
    fields: shown(fields, policy),
    pieces:
      row.pieces === null ? [] : heldPieces(row).map(({ start, end }) => ({ first: start, last: end - 1 })),
    respondedAt: policy.responseAt,
    staleWhileRevalidate: staleWhileRevalidateWindow,
    staleIfError: staleIfErrorWindow,
    vary: [...policy.vary],
    sharedWith: policy.sharedWith,
    groups: policy.groups.map(tagAsText),
    rules: [...(policy.rules ?? [])],
    reuse: reuseOf(policy, now),
  };
}

/** What goes to nobody but the client that caused it may be that client's secret. */
function shown(fields: FieldList, { withheldFields }: Policy): [string, string][] {
  return fields
    .filter(([name]) => !withheldFields.includes(name.toLowerCase()) && name.toLowerCase() !== "set-cookie")
    .map(([name, value]) => [name, value]);
}

/** Of a GET that asks for nothing in particular. */
function reuseOf(policy: Policy, now: number): WholeEntry["reuse"] {
  const options = { clientCacheControl: "honour", maxOutage: 0, isOffline: false } as const;
  const { use, reason } = decideReuse(policy, nothingSaid, now, options);
  const { sentence, clause } = reasons[reason];
  return { use, reason, sentence, clause };
}

const nothingSaid = new Headers();
