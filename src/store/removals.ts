import { hostOfKey, siteOfKey, targetOfKey, type Whose } from "../rules/cache-key.ts";
import { concerns, type Selectable } from "./selecting.ts";
import { type NewResponse, type Selector, StoreError } from "./tier.ts";

/**
 * What was removed, and in which order: a response that was asked for before a removal that concerns it must not be
 * stored after it, or the page from before a POST would come back.
 *
 * It is a sketch of fixed size, so that no number of removals overflows it: each names its slots in a table by hashes,
 * and writes its number there. Two removals may share a slot. Then a response may be taken for one that was removed,
 * and is not stored this once; one that was removed is never taken for another. With 10,000 removals while a page is
 * on its way that happens to one page in two hundred.
 */
export interface Removals {
  /** Numbers grow: later removals have larger ones. */
  note(selector: Selector, number: number): void;
  /** Whether a removal with a larger number concerns the response, or may. */
  concernSince(response: Selectable, number: number): boolean;
  /** The same of anything under the key. */
  concernKeySince(primaryKey: string, number: number): boolean;
}

/** Slots of each of the two tables. */
const slots = 1 << 18;
/** Prefixes that are remembered each by itself. Of more, the oldest is taken for a removal of all there is. */
const mostPrefixes = 64;

/** `seed` is random, so that nobody can choose URLs that share their slots with another. */
export function createRemovals(seed: number): Removals {
  const { write, read } = createSketch(seed);
  const prefixes = createPrefixes();
  /** Of targets and groups together, by whether they name a host and a site. */
  const lastOfShape = [0, 0, 0, 0];
  let lastOfAll = 0;
  let lastOfGroups = 0;
  let lastOfTags = 0;
  let last = 0;

  function writeOf(kind: number, name: string, whose: Whose, number: number): void {
    const shape = shapeOf(whose);
    lastOfShape[shape] = Math.max(lastOfShape[shape] ?? 0, number);
    write(kind, nameOf(name, whose), number);
  }

  /**
   * Whether a later removal names it, of the key's host and site, of one of them, or of all. Most are of one shape: the
   * others are not looked for, and cannot be met by chance.
   */
  function isNamedOf(kind: number, name: string, primaryKey: string, number: number): boolean {
    const [host, site] = [hostOfKey(primaryKey), siteOfKey(primaryKey)];
    return lastOfShape.some((last, shape) => {
      if (last <= number) return false;
      const whose = { host: shape & namesHost ? host : null, site: shape & namesSite ? site : null };
      return read(kind, nameOf(name, whose)) > number;
    });
  }

  function isKeyNamed(primaryKey: string, number: number): boolean {
    if (lastOfAll > number) return true;
    if (isNamedOf(kinds.target, targetOfKey(primaryKey), primaryKey, number)) return true;
    if (read(kinds.key, primaryKey) > number) return true;
    return prefixes.concernKeySince(primaryKey, number);
  }

  return {
    note(selector, number) {
      last = Math.max(last, number);
      switch (selector.by) {
        case "target":
          return writeOf(kinds.target, selector.target, selector, number);
        case "key":
          return write(kinds.key, selector.primaryKey, number);
        case "variant":
          write(kinds.anyVariant, selector.primaryKey, number);
          return write(kinds.variant, variantName(selector), number);
        case "group":
          lastOfGroups = Math.max(lastOfGroups, number);
          return writeOf(kinds.group, selector.group, selector, number);
        case "tag":
          lastOfTags = Math.max(lastOfTags, number);
          return writeOf(kinds.tag, selector.tag, selector, number);
        case "glob":
        case "prefix":
          lastOfAll = Math.max(lastOfAll, prefixes.note(selector, number));
          return;
        case "all":
          lastOfAll = Math.max(lastOfAll, number);
      }
    },
    concernSince(response, number) {
      if (last <= number) return false;
      const { primaryKey, policy } = response;
      if (isKeyNamed(primaryKey, number)) return true;
      if (read(kinds.variant, variantName(response)) > number) return true;
      const isNamed = (kind: number) => (name: string) => isNamedOf(kind, name, primaryKey, number);
      if (lastOfGroups > number && policy.groups.some(isNamed(kinds.group))) return true;
      return lastOfTags > number && policy.tags.some(isNamed(kinds.tag));
    },
    concernKeySince(primaryKey, number) {
      if (last <= number) return false;
      return (
        Math.max(lastOfGroups, lastOfTags) > number ||
        isKeyNamed(primaryKey, number) ||
        read(kinds.anyVariant, primaryKey) > number
      );
    },
  };
}

/** Numbers of the last removals by what they name; of names that share their slots, the larger one. */
function createSketch(seed: number) {
  const first = new Float64Array(slots);
  const second = new Float64Array(slots);

  return {
    write(kind: number, name: string, number: number): void {
      first[slotOf(name, seed + 2 * kind)] = number;
      second[slotOf(name, seed + 2 * kind + 1)] = number;
    },
    /** The number of the last removal of that name, or a larger one. */
    read: (kind: number, name: string): number =>
      Math.min(first[slotOf(name, seed + 2 * kind)] ?? 0, second[slotOf(name, seed + 2 * kind + 1)] ?? 0),
  };
}

type Prefix = Extract<Selector, { by: "prefix" | "glob" }>;

function createPrefixes() {
  const prefixes = new Map<string, { readonly selector: Prefix; readonly number: number }>();

  return {
    /** Returns the number of the one that is forgotten for it, or 0. */
    note(selector: Prefix, number: number): number {
      const key = JSON.stringify(selector);
      prefixes.delete(key);
      prefixes.set(key, { selector, number });
      const [oldest] = prefixes;
      if (prefixes.size <= mostPrefixes || oldest === undefined) return 0;
      prefixes.delete(oldest[0]);
      return oldest[1].number;
    },
    concernKeySince: (primaryKey: string, number: number): boolean =>
      prefixes.values().some((prefix) => prefix.number > number && concerns(prefix.selector, primaryKey)),
  };
}

/** Throws a `StoreError` where a response on its way was removed since it was asked for, or may have been. */
export function refuseOvertaken(removals: Removals, entry: NewResponse): void {
  if (!removals.concernSince(entry, entry.askedAt)) return;
  throw new StoreError("OVERTAKEN", "removed while it was on its way");
}

const kinds = { target: 0, key: 1, variant: 2, anyVariant: 3, group: 4, tag: 5 } as const;

function slotOf(name: string, seed: number): number {
  return Bun.hash.xxHash32(name, seed >>> 0) & (slots - 1);
}

function variantName({ primaryKey, variantKey }: Pick<Selectable, "primaryKey" | "variantKey">): string {
  return `${primaryKey}\n${variantKey}`;
}

const namesHost = 1;
const namesSite = 2;

function shapeOf({ host, site }: Whose): number {
  return (host === null ? 0 : namesHost) | (site === null ? 0 : namesSite);
}

/** Neither a host nor a site has a line feed in it. */
function nameOf(name: string, { host, site }: Whose): string {
  return `${host === null ? "" : `of ${host}`}\n${site === null ? "" : `of ${site}`}\n${name}`;
}
