import type { Settings } from "../config/schema.ts";
import { cookieMatcher } from "../rules/cookies.ts";
import { type ErrorCap, unruled } from "../rules/exchange.ts";
import type { ServeOptions } from "../serve/context.ts";
import { purgingOf } from "../serve/purge/permission.ts";
import type { SitePlan } from "../sites/plan.ts";
import { namesOfOrigins } from "./origin-way.ts";

/** Bodies announced to be no larger are sent with their length; larger misses are chunked (a limit of Bun's server). */
const collectSize = 256 * 1024;
/** The same for those that come quickly: see `quickMilliseconds`. */
const quickCollectSize = 8 * 1024 * 1024;
/** Within so many milliseconds a body that has begun comes quickly, and so does one that is small. */
export const quickMilliseconds = 25;

/** What of the settings, and of what is said of the site itself, is about serving. */
export function serveOptions(settings: Settings, site: SitePlan, loopId: string): ServeOptions {
  return {
    ...namesOfOrigins(site),
    index: site.index ?? null,
    loopId,
    isSurrogate: settings.targeted?.includes("surrogate-control") ?? false,
    underscoreFields: settings.underscoreFields,
    storing: {
      storeUnframed: settings.storeUnframed,
      targetedFields: settings.targeted ?? [],
      strictSharedMaxAge: settings.strictSMaxage,
      shareSetCookie: settings.shareSetCookie,
      ...unruled,
      errorCap: errorCapOf(settings),
      ignoredCookies: cookieMatcher(settings.ignoreCookies ?? []),
    },
    reuse: {
      clientCacheControl: "honour",
      maxOutage: wholeSeconds(site.maxOutage ?? 0),
      isOffline: settings.offline,
    },
    showKey: settings.cacheStatusKey,
    keepTags: settings.keepTags,
    purging: purgingOf(settings),
    maxObjectSize: settings.maxObject,
    rangeFill: settings.rangeFill ?? 0,
    collectSize,
    quickCollectSize,
    onAbort: settings.onAbort,
    onAbortOfStream: "drop",
  };
}

function errorCapOf({ errorCap }: Settings): ErrorCap {
  if (errorCap === undefined) return "usual";
  return errorCap === "off" ? "none" : wholeSeconds(errorCap);
}

function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
