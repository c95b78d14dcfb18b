import type { Settings } from "../config/schema.ts";
import { cookieMatcher } from "../rules/cookies.ts";
import { compileSites } from "../sites/table.ts";
import type { Plan } from "../sites/plan.ts";
import type { Site } from "../sites/site.ts";
import { type Doors, type DoorTools, openDoors } from "./doors.ts";
import { serveOptions } from "./serve-options.ts";
import type { SiteParts, SitesInUse } from "./serving.ts";

export interface SiteTools extends DoorTools {
  /** Differs in every process: see `SendingOptions`. */
  readonly loopId: string;
}

/** Sites, and the doors to their origins, of which the next ones may take some over. */
export interface MadeSites extends SitesInUse {
  readonly doors: Doors;
}

/** Makes the sites of a plan, with the ways to their origins. Rejects with a `UsageError` when a file cannot be read. */
export async function makeSites(
  settings: Settings,
  plan: Plan,
  tools: SiteTools,
  former: Doors = new Map(),
): Promise<MadeSites> {
  const table = compileSites(plan, { ignoredCookies: cookieMatcher(settings.ignoreCookies ?? []) });
  const parts = new Map<Site, SiteParts>();
  const doors = await openDoors(settings, plan.sites, tools, former);
  for (const site of table.sites) {
    const door = doors.get(site.name);
    if (door === undefined) throw new Error(`no door was opened for the site ${site.name}`);
    const { origins } = door;
    const options = serveOptions(settings, site.plan, tools.loopId);
    parts.set(site, { options, forward: origins, refusal: origins.refusal });
  }
  return {
    table,
    doors,
    partsOf(site) {
      const found = parts.get(site);
      if (found === undefined) throw new Error(`no parts were made for the site ${site.name}`);
      return found;
    },
  };
}
