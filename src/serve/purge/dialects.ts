import type { Scheme } from "../../rules/authority.ts";
import type { FieldReader } from "../../rules/fields.ts";
import { readTags, softly } from "./tag-words.ts";
import { readTarget, readWildcard, type TargetWord } from "./target-words.ts";
import { misread, type Reading, type Wanted } from "./wanted.ts";

/** A request to purge as it has come, and the site that answers it. */
export interface PurgeAsked {
  readonly method: string;
  /** Path and query as the client wrote them. */
  readonly target: string;
  /** As it is keyed; "" where the client named none. */
  readonly host: string;
  readonly protocol: Scheme;
  readonly fields: FieldReader;
  readonly site: string;
  /** Whether each host of the site has pages of its own. */
  readonly isPerHost: boolean;
  /** See `Purging`. */
  readonly path: string | null;
}

/**
 * What a request wants purged, in the words of whichever CMS or plugin it comes from. Tags go before all: who names them sends
 * them to "/" or to wherever. What is named by its target is of the host that is asked, tags are of the whole site.
 */
export function readPurge(asked: PurgeAsked): Reading {
  const { fields, site } = asked;
  const isSoft = softeners.some((name) => isYes(fields.get(name)));
  const byTags = readTags(fields, site, isSoft);
  if (byTags !== null) return byTags;
  // FOSHttpCache asks so for all, from what stands in for a cache server in Symfony.
  if (isYes(fields.get("clear-cache"))) return { kind: "wanted", wanted: [{ site, ...softly(isSoft) }] };
  if (asked.isPerHost && asked.host === "")
    return misread("the request should name its host, for each has pages of its own here");
  const word = wordOf(asked);
  return "kind" in word
    ? word
    : { kind: "wanted", wanted: [{ ...ofHost(word, asked), site, ...softly(isSoft) }] };
}

function wordOf({ method, target, fields, path }: PurgeAsked) {
  const named = below(path, target) ?? target;
  // What has a path to purge for is a module of nginx, where a star stands for anything.
  if (method === "GET" && named.includes("*")) return readWildcard(named);
  return readTarget(named, fields.get("x-purge-method"));
}

/** The rest of a target that is below the path for purging: "/a?b" of "/purge/a?b". Null where it is not there. */
export function below(path: string | null, target: string): string | null {
  return path !== null && target.startsWith(`${path}/`) ? target.slice(path.length) : null;
}

function ofHost({ by, text }: TargetWord, { host, protocol }: PurgeAsked): Omit<Wanted, "site" | "soft"> {
  const named = host === "" ? text : `${protocol}://${host}${text}`;
  if (by === "prefix") return { prefix: named };
  if (by === "glob") return { glob: named };
  return host === "" ? { path: named } : { url: named };
}

/** Fastly's, and that of a module of Magento for its Varnish. */
const softeners = ["fastly-soft-purge", "x-magento-purge-soft"];

function isYes(value: string | null): boolean {
  return value === "1" || value?.toLowerCase() === "true";
}
