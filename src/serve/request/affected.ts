import type { Selector } from "../../store/tier.ts";
import type { ServeOptions } from "../context.ts";
import type { Inbound } from "./inbound.ts";

type SiteOptions = Pick<ServeOptions, "site" | "originHost">;

/**
 * The stored responses to a target the origin is asked for, as far as this request may change them. An origin that is
 * sent its own Host answers for one place, whatever clients call it: then they are those of every host of the site.
 */
export function responsesTo(options: SiteOptions, inbound: Inbound, target: string): Selector {
  return { by: "target", target, host: hostOf(options, inbound), site: options.site };
}

/** Those of a group, likewise. */
export function responsesOf(options: SiteOptions, inbound: Inbound, group: string): Selector {
  return { by: "group", group, host: hostOf(options, inbound), site: options.site };
}

function hostOf({ originHost }: SiteOptions, { host }: Inbound): string | null {
  return originHost === null ? host : null;
}
