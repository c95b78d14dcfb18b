import type { Settings } from "../config/schema.ts";
import type { Clocks } from "../origin/forward.ts";
import type { OriginView } from "../control/origins.ts";
import type { SiteAnswers } from "../control/readiness.ts";
import type { Origins } from "../origin/origins.ts";
import type { SitePlan } from "../sites/plan.ts";
import type { Trouble } from "../store/tier.ts";
import type { OriginMeasures } from "./measures/origin-measures.ts";
import { openOrigins, type OriginTools, waysToOrigins } from "./origin-way.ts";

/** The doors to the origins of all sites, by the names of the sites. */
export type Doors = ReadonlyMap<string, Door>;

interface Door {
  /** All that it is made of, as text: nothing to be shown. */
  readonly madeOf: string;
  readonly origins: Origins;
}

export interface DoorTools extends Pick<OriginTools, "firstTurn" | "every" | "clientTimeout" | "newMask"> {
  readonly clocks: Clocks;
  /** Told of each failure: an origin that is in trouble may be so for hours. */
  readonly onOriginTrouble: (trouble: Trouble) => void;
  /** Told when an origin is left alone, and when it is trusted again. */
  readonly onOriginState: (level: "info" | "warn", message: string) => void;
  readonly meterFor: OriginMeasures["meterFor"];
}

/**
 * Opens the doors of a new configuration. One that is as it was before stays open, with its connections and with what it knows
 * of its origins. Rejects with a `UsageError` when a file cannot be read; then none has been opened.
 */
export async function openDoors(
  settings: Settings,
  sites: readonly SitePlan[],
  tools: DoorTools,
  former: Doors,
): Promise<Doors> {
  const ways = await Promise.all(sites.map(waysToOrigins));
  return new Map(
    sites.map((site, number) => {
      const its = ways[number] ?? [];
      const originTools = toolsFor(settings, site, tools);
      const { firstByteTimeout, idleTimeout, isOffline } = originTools;
      const { balance, health } = site;
      const madeOf = JSON.stringify([its, balance, health, firstByteTimeout, idleTimeout, isOffline]);
      const known = former.get(site.name);
      if (known?.madeOf === madeOf) return [site.name, known];
      return [site.name, { madeOf, origins: openOrigins(site, its, originTools) }];
    }),
  );
}

/** Ends what the doors do by themselves, but for those that are kept. */
export function closeDoors(doors: Doors, kept: Doors = new Map()): void {
  for (const [site, door] of doors) if (kept.get(site) !== door) door.origins.stop();
}

/** Of each site, whether an origin answers; where that is not known, whether it is asked: see `Look`. */
export function sitesAnswering(doors: Doors, mayAsk: boolean): Promise<SiteAnswers[]> {
  return Promise.all(
    [...doors].map(async ([site, { origins }]) => ({ site, answers: await origins.answers(mayAsk) })),
  );
}

/** How each origin is, and what was heard of it of late. */
export function originViews(doors: Doors, heard: Pick<OriginMeasures, "latest">): OriginView[] {
  return [...doors].flatMap(([site, { origins }]) =>
    origins.status().map((status) => ({ site, ...status, latest: heard.latest(site, status.name) })),
  );
}

function toolsFor(settings: Settings, { name }: SitePlan, tools: DoorTools): OriginTools {
  const { clocks, firstTurn, every, clientTimeout, newMask, onOriginTrouble, onOriginState, meterFor } =
    tools;
  // What the operator reads of one site among several.
  const ofSite = (message: string) => (name === "" ? message : `${name}: ${message}`);
  return {
    ...{ clocks, firstTurn, every, clientTimeout, newMask },
    firstByteTimeout: settings.originTimeout,
    idleTimeout: settings.originIdleTimeout,
    isOffline: settings.offline,
    onFailure: (code, message) => onOriginTrouble({ code, message: ofSite(message) }),
    meterFor: (origin) => meterFor(name, origin),
    onChange: (state, message) => onOriginState(state === "trusted" ? "info" : "warn", ofSite(message)),
  };
}
