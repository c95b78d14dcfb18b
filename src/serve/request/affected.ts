import type { Selector } from "../../store/tier.ts";
import type { ServeContext } from "../context.ts";
import type { Inbound } from "./inbound.ts";

type OfSite = Pick<ServeContext, "site" | "options">;

/**
 * The stored responses to a target the origin is asked for, as far as this request may change them. An origin that is
 * sent its own Host answers for one place, whatever clients call it: then they are those of every host of the site.
 */
export function responsesTo(context: OfSite, inbound: Inbound, target: string): Selector {
  return { by: "target", target, host: hostOf(context, inbound), site: context.site.name };
}

/** Those of a group, likewise. */
export function responsesOf(context: OfSite, inbound: Inbound, group: string): Selector {
  return { by: "group", group, host: hostOf(context, inbound), site: context.site.name };
}

function hostOf({ options: { originHost } }: OfSite, { host }: Inbound): string | null {
  return originHost === null ? host : null;
}
