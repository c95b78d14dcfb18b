import { selects } from "../selecting.ts";
import type { Selector } from "../tier.ts";
import type { Row } from "./row.ts";

/** A response that is on its way to the keeper: a new one, or one that was freshened. */
export interface WaitingRow {
  readonly row: Row;
  readonly isNew: boolean;
  /** Whether its row, if it is there, is to be changed: one that was handed over as a new one and freshened may be. */
  readonly isChange: boolean;
  /** See `NewRow`. */
  readonly afterRemoval: number;
}

/** What waits for the keeper and what is on its way, by primary key, then by variant key: of each variant the last. */
export interface WaitingRows {
  /** How many they are, and bytes that they take. */
  load(): { readonly responses: number; readonly bytes: number };
  ofKey(primaryKey: string): ReadonlyMap<string, WaitingRow> | undefined;
  /** The one with the keys of that row. */
  like(row: Row): WaitingRow | undefined;
  /** They may be dropped meanwhile. */
  selectedBy(selector: Selector): WaitingRow[];
  /** Returns the one that had its place. */
  put(entry: WaitingRow): WaitingRow | undefined;
  /** Whatever has taken its place stays. */
  drop(entry: WaitingRow): void;
}

export function createWaitingRows(): WaitingRows {
  const keys = new Map<string, Map<string, WaitingRow>>();
  let responses = 0;
  let bytes = 0;

  function count(entry: WaitingRow, sign: 1 | -1): void {
    responses += sign;
    bytes += sign * weightOf(entry);
  }

  return {
    load: () => ({ responses, bytes }),
    ofKey: (primaryKey) => keys.get(primaryKey),
    like: ({ response }) => keys.get(response.primaryKey)?.get(response.variantKey),
    selectedBy(selector) {
      const lists = "primaryKey" in selector ? [keys.get(selector.primaryKey)] : [...keys.values()];
      const entries = lists.flatMap((list) => [...(list?.values() ?? [])]);
      return entries.filter(({ row }) => selects(selector, row.response));
    },
    put(entry) {
      const { primaryKey, variantKey } = entry.row.response;
      let variants = keys.get(primaryKey);
      if (variants === undefined) {
        variants = new Map();
        keys.set(primaryKey, variants);
      }
      const former = variants.get(variantKey);
      if (former !== undefined) count(former, -1);
      variants.set(variantKey, entry);
      count(entry, 1);
      return former;
    },
    drop(entry) {
      const { primaryKey, variantKey } = entry.row.response;
      const variants = keys.get(primaryKey);
      if (variants?.get(variantKey) !== entry) return;
      variants.delete(variantKey);
      if (variants.size === 0) keys.delete(primaryKey);
      count(entry, -1);
    },
  };
}

/** Bytes of a body that goes with its row; and of fields and names, which may be more. */
export function weightOf({ row: { body, response } }: WaitingRow): number {
  const ofFields = response.fields.reduce((sum, [, value]) => sum + value.length, 0);
  const ofTags = response.policy.tags.reduce((sum, tag) => sum + tag.length + bytesOfText, 0);
  return (body?.kind === "memory" ? response.size : 0) + ofFields + ofTags;
}

/** What a short text takes beside its characters. */
const bytesOfText = 32;
