import { nearest } from "../config/nearest.ts";
import { UsageError } from "../config/usage-error.ts";
import type { PurgeSelector } from "../control/selector.ts";
import type { PurgeRequest } from "../control/purge.ts";
import { normalAuthority } from "../rules/authority.ts";
import type { Whose } from "../rules/cache-key.ts";
import { cookieMatcher } from "../rules/cookies.ts";
import { tagAsText } from "../rules/tags.ts";
import { normalTarget, targetAsked } from "../rules/target.ts";
import { keyedTargets } from "../sites/keyed-targets.ts";
import type { Plan } from "../sites/plan.ts";
import type { Site, SiteTable } from "../sites/site.ts";
import { compileSites } from "../sites/table.ts";

/** What is to be removed, and how that is told to people. */
export interface Purge {
  readonly selectors: readonly PurgeSelector[];
  readonly lookedFor: string;
}

/** Where something is looked for. */
interface Reach {
  readonly sites: readonly Site[];
  /** Null for every one. */
  readonly host: string | null;
  /** Whether these are not simply all sites there are. */
  readonly isOfSites: boolean;
}

/**
 * The stored responses that the operator means, by the keys that requests are looked up by. A host in a URL says which
 * site is meant; beyond that it counts only where each host of the site has pages of its own. Throws a `UsageError` where
 * nothing can be meant.
 */
export function purgeOf(request: PurgeRequest, plan: Plan): Purge {
  const sites = compileSites(plan, { ignoredCookies: cookieMatcher([]) });
  const { selectors, lookedFor } = hardPurgeOf(request, sites);
  if (request.soft !== true) return { selectors, lookedFor };
  return { selectors: selectors.map((selector) => ({ ...selector, soft: true })), lookedFor };
}

function hardPurgeOf(request: PurgeRequest, sites: SiteTable): Purge {
  const { url, path, prefix, glob, group, tag } = request;
  const named = url ?? path;
  if (named !== undefined) return purgeOfPage(named, request, sites);
  if (prefix !== undefined) return purgeOfPrefix(prefix, request, sites);
  if (glob !== undefined) return purgeOfGlob(glob, request, sites);
  const tags = tag === undefined ? request.tags : [tag];
  if (tags !== undefined) return purgeOfTags(tags, reachOf(null, request, sites));
  const reach =
    request.host === undefined
      ? reachOf(null, request, sites)
      : reachOfHost(hostNamed(request.host), request, sites);
  if (group !== undefined) {
    const lookedFor = `what is in the group ${JSON.stringify(group)}, of ${told(reach)}`;
    return { selectors: whoseOf(reach).map((whose) => ({ by: "group", group, ...whose })), lookedFor };
  }
  if (reach.host === null && !reach.isOfSites)
    return { selectors: [{ by: "all" }], lookedFor: "all there is" };
  const selectors = whoseOf(reach).map((whose) => ({ by: "prefix", targetPrefix: "/", ...whose }) as const);
  return { selectors, lookedFor: `all of ${told(reach)}` };
}

function purgeOfTags(tags: readonly string[], reach: Reach): Purge {
  const selectors = tags.flatMap((tag) =>
    whoseOf(reach).map((whose) => ({ by: "tag", tag, ...whose }) as const),
  );
  const names = tags.map((tag) => JSON.stringify(tagAsText(tag))).join(" or ");
  return { selectors, lookedFor: `what bears the name ${names}, of ${told(reach)}` };
}

/** As of a prefix, its path is looked for as it is written and as rules write it: in lower case, say. */
function purgeOfGlob(text: string, request: PurgeRequest, sites: SiteTable): Purge {
  const { host, target } = partsOf(text);
  const reach = reachOf(host, request, sites);
  const [, path = "", query = ""] = /^([^?]*)(.*)$/s.exec(target) ?? [];
  const looks = looksIn(reach, (site) => keyedTargets(site, host ?? "", path).map((each) => each + query));
  const selectors = looks.map(({ name, whose }) => ({ by: "glob", glob: name, ...whose }) as const);
  return { selectors, lookedFor: `what ${toldNames(looks)} stands for, of ${told(reach)}` };
}

function purgeOfPage(text: string, request: PurgeRequest, sites: SiteTable): Purge {
  const { host, target: written } = partsOf(text);
  const reach = reachOf(host, request, sites);
  const target = normalTarget(written);
  const looks = looksIn(reach, (site) =>
    keyedTargets(site, host ?? "", targetAsked(target, site.plan.index ?? null)),
  );
  const selectors = looks.map(({ name, whose }) => ({ by: "target", target: name, ...whose }) as const);
  return { selectors, lookedFor: `${toldNames(looks)} of ${told(reach)}` };
}

function purgeOfPrefix(text: string, request: PurgeRequest, sites: SiteTable): Purge {
  const { host, target } = partsOf(text);
  const reach = reachOf(host, request, sites);
  // With something after it, for "/a/.." begins "/a/..b" and is nothing to resolve.
  const normal = normalTarget(`${target.replace(/#.*/, "")}x`).slice(0, -1);
  const [, path = "", query = ""] = /^([^?]*)(.*)$/s.exec(targetAsked(normal, null)) ?? [];
  // What rules do with a query they do with a whole one.
  const looks = looksIn(reach, (site) => keyedTargets(site, host ?? "", path).map((each) => each + query));
  const selectors = looks.map(({ name, whose }) => ({ by: "prefix", targetPrefix: name, ...whose }) as const);
  return { selectors, lookedFor: `what begins with ${toldNames(looks)}, of ${told(reach)}` };
}

/** A target or the beginning of one, and whose. */
interface Look {
  readonly name: string;
  readonly whose: Whose;
}

/** What is to be looked for, by the names that it has in each of the sites. */
function looksIn(reach: Reach, namesIn: (site: Site) => readonly string[]): Look[] {
  const { sites, host, isOfSites } = reach;
  const isOfAll = !isOfSites && host === null;
  const perSite = sites.map((site) => ({ site: site.name, names: namesIn(site) }));
  const [first] = perSite;
  const isAlike = perSite.every(({ names }) => names.join(" ") === first?.names.join(" "));
  const places = isOfAll && isAlike && first ? [{ site: null, names: first.names }] : perSite;
  return places.flatMap(({ site, names }) => names.map((name) => ({ name, whose: { host, site } })));
}

function toldNames(looks: readonly Look[]): string {
  return [...new Set(looks.map(({ name }) => name))].join(" and ");
}

/** Host and target of a whole URL, or of a path, which is of every host. */
function partsOf(text: string): { host: string | null; target: string } {
  const [, scheme, authority = "", rest = ""] = /^(https?):\/\/([^/?#\\]*)(.*)$/is.exec(text) ?? [];
  if (scheme === undefined) return { host: null, target: text };
  const host = normalAuthority(authority, scheme.toLowerCase() === "https" ? "https" : "http");
  if (host === null) {
    throw new UsageError(`the host of ${JSON.stringify(text)} is none; http://example.com:8080/a has one`);
  }
  return { host, target: /^[/\\]/.test(rest) ? rest : `/${rest}` };
}

/** A host as it is keyed. Throws a `UsageError` where it is none. */
function hostNamed(text: string): string {
  // The port that is usual for the scheme is not in a key.
  const host = normalAuthority(text, text.endsWith(":443") ? "https" : "http");
  if (host !== null) return host;
  throw new UsageError(`${JSON.stringify(text)} is no host; example.com and example.com:8080 are`);
}

/** That host alone, also where the responses of its site are those of every host. */
function reachOfHost(host: string, request: PurgeRequest, sites: SiteTable): Reach {
  return { ...reachOf(host, request, sites), host };
}

/** Both a host and a site's name may say where, and must not contradict each other. */
function reachOf(host: string | null, { site: name }: PurgeRequest, sites: SiteTable): Reach {
  const named = name === undefined ? null : siteNamed(name, sites);
  if (host === null) {
    return { sites: named === null ? sites.sites : [named], host: null, isOfSites: named !== null };
  }
  const site = sites.siteFor(host);
  if (site === null) throw new UsageError(`no site answers for the host ${host}; ${namesOf(sites)}`);
  if (named !== null && named !== site) {
    throw new UsageError(`the host ${host} is of the site ${site.name}, not of ${named.name}`);
  }
  return { sites: [site], host: site.plan.preserveHost ? host : null, isOfSites: sites.sites.length > 1 };
}

function siteNamed(name: string, sites: SiteTable): Site {
  const site = sites.sites.find((each) => each.name === name);
  if (site !== undefined) return site;
  const meant = nearest(
    name,
    sites.sites.map((each) => each.name),
  );
  const rather = meant ? `did you mean ${meant}?` : namesOf(sites);
  throw new UsageError(`there is no site ${JSON.stringify(name)}; ${rather}`);
}

function namesOf({ sites }: SiteTable): string {
  const names = sites.map(({ name }) => name).filter((name) => name !== "");
  return names.length === 0 ? "none has a name" : `there are ${names.join(", ")}`;
}

/** Of all sites one selector does it, which also reaches what is left of sites that there are no more. */
function whoseOf({ sites, host, isOfSites }: Reach): Whose[] {
  return isOfSites ? sites.map(({ name }) => ({ host, site: name })) : [{ host, site: null }];
}

function told({ sites, host, isOfSites }: Reach): string {
  if (host !== null) return `host ${host}`;
  const names = sites.map(({ name }) => name).filter((name) => name !== "");
  return isOfSites && names.length > 0 ? `site ${names.join(", ")}` : "every host";
}
