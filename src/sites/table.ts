import type { IdentityOptions } from "../rules/identity.ts";
import { compileSite } from "./compile.ts";
import { hostName } from "./host-name.ts";
import type { Plan, SitePlan } from "./plan.ts";
import type { SiteTable } from "./site.ts";

/** Makes of what the operator says functions that answer for each request. */
export function compileSites(plan: Plan, options: IdentityOptions): SiteTable {
  const sites = plan.sites.map((site) => compileSite(site, plan.top, options));
  return { sites, siteFor: siteFinder(sites) };
}

/** What has the hosts of a site, as the plan names them. */
interface Hosted {
  readonly plan: Pick<SitePlan, "hosts">;
}

/** Tells which of the sites answers for a host: null where none does. */
export function siteFinder<One extends Hosted>(sites: readonly One[]): (host: string) => One | null {
  const byHost = new Map<string, One>();
  for (const site of sites) for (const host of site.plan.hosts) byHost.set(host, site);
  const other = sites.find(({ plan }) => plan.hosts.length === 0) ?? null;
  if (byHost.size === 0) return () => other;
  return (host) => byHost.get(host) ?? siteOfName(hostName(host), byHost) ?? other;
}

/** By the whole name, or by the longest "*.…" that stands for it. */
function siteOfName<One>(name: string, byHost: ReadonlyMap<string, One>): One | undefined {
  const exact = byHost.get(name);
  if (exact !== undefined) return exact;
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
    const site = byHost.get(`*${name.slice(dot)}`);
    if (site !== undefined) return site;
  }
  return undefined;
}
