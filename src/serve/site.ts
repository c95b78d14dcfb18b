import type { RequestVerdict, Site } from "../sites/site.ts";
import type { ServeContext } from "./context.ts";

/** A site with all that answers its requests. */
export interface ServedSite {
  readonly site: Site;
  /** What is the same for all its requests that no rule speaks of. */
  readonly context: ServeContext;
}

/** The sites of one plan: swapped whole when another plan comes, so that no request sees parts of two. */
export interface ServedSites {
  /** The one that answers for a host, as it is keyed; null where none does. */
  siteFor(host: string): ServedSite | null;
  /** The first host that the first site names, which is no pattern; null where there is none. */
  readonly firstHost: string | null;
}

/** What of a verdict changes how a request is decided: another worker that answers it has to know no more. */
export interface Decided {
  readonly clientCacheControl?: RequestVerdict["clientCacheControl"];
  readonly areCookiesKeyed: boolean;
}

/** What answers one request of the site, as its rules have it. */
export function contextFor({ context }: ServedSite, decided: Decided): ServeContext {
  const { options } = context;
  const { reuse, storing } = options;
  const { clientCacheControl = reuse.clientCacheControl, areCookiesKeyed } = decided;
  if (clientCacheControl === reuse.clientCacheControl && !areCookiesKeyed) return context;
  return {
    ...context,
    options: {
      ...options,
      reuse: { ...reuse, clientCacheControl },
      storing: areCookiesKeyed ? { ...storing, ignoredCookies: everyCookie } : storing,
    },
  };
}

/** Cookies that are part of the key tell no more of who sends them than the path does. */
const everyCookie = /^/;
