import type { Settings } from "../config/schema.ts";
import { type Clocks, createForward } from "../origin/forward.ts";
import { cookieMatcher } from "../rules/cookies.ts";
import { compileSites } from "../sites/table.ts";
import type { Plan, SitePlan } from "../sites/plan.ts";
import type { Site } from "../sites/site.ts";
import type { Trouble } from "../store/tier.ts";
import { wayToOrigin } from "./origin-way.ts";
import { serveOptions } from "./serve-options.ts";
import type { SiteParts, SitesInUse } from "./serving.ts";

export interface SiteTools {
  readonly clocks: Clocks;
  /** Differs in every process: see `SendingOptions`. */
  readonly loopId: string;
  /** Milliseconds until a client's next part of a request that it sends. */
  readonly clientTimeout: number;
  readonly onOriginTrouble: (trouble: Trouble) => void;
}

/** Makes the sites of a plan, with the ways to their origins. Rejects with a `UsageError` when a file cannot be read. */
export async function makeSites(settings: Settings, plan: Plan, tools: SiteTools): Promise<SitesInUse> {
  const table = compileSites(plan, { ignoredCookies: cookieMatcher(settings.ignoreCookies ?? []) });
  const parts = new Map<Site, SiteParts>();
  for (const site of table.sites) parts.set(site, await partsOf(settings, site.plan, tools));
  return {
    table,
    partsOf(site) {
      const found = parts.get(site);
      if (found === undefined) throw new Error(`no parts were made for the site ${site.name}`);
      return found;
    },
  };
}

async function partsOf(settings: Settings, site: SitePlan, tools: SiteTools): Promise<SiteParts> {
  const { clocks, loopId, clientTimeout, onOriginTrouble } = tools;
  return {
    options: serveOptions(settings, site, loopId),
    forward: createForward({
      ...(await wayToOrigin({ ...site, origin: site.origins[0] ?? settings.origin })),
      ...clocks,
      firstByteTimeout: settings.originTimeout,
      idleTimeout: settings.originIdleTimeout,
      clientTimeout,
      onFailure: (code, message) => onOriginTrouble({ code, message }),
    }),
  };
}
