import { normalAuthority, type Scheme } from "../../rules/authority.ts";
import { keyEnding, marksEnding } from "../../rules/cache-key.ts";
import type { RequestVerdict } from "../../sites/site.ts";
import type { ServeOptions } from "../context.ts";
import type { ServedSite, ServedSites } from "../site.ts";

/** What is the same for all requests to one host: worked out once, and not for each hit. */
export interface Address {
  readonly served: ServedSite;
  readonly options: ServeOptions;
  readonly hasRequestRules: boolean;
  /** How targets begin that are requests to purge: "/purge/"; null where none is. */
  readonly purgeStart: string | null;
  /** What the keys of requests end with that no rule speaks of. */
  readonly ending: string;
  readonly plain: Asked;
}

/** What of a request beside its target and its fields says which stored response it selects. */
export interface Asked {
  /** As it is keyed. */
  readonly host: string;
  readonly protocol: Scheme;
  readonly counts: Counts;
}

type Counts = Pick<RequestVerdict, "changes" | "foldsEncodings" | "areCookiesKeyed">;

/** Hosts are the clients' words: beyond so many those that are known are worked out anew. */
const mostKnown = 1024;

/** Addresses by the Host field as it is sent, for as long as the sites are these. */
export function createAddresses(sites: () => ServedSites, protocol: Scheme) {
  const known = new Map<string, Address>();
  let knownSites: ServedSites | undefined;
  let lastHost: string | undefined;
  let last: Address | undefined;

  function made(written: string): Address | null {
    const host = normalAuthority(written, protocol);
    const served = host === null ? undefined : knownSites?.siteFor(host);
    if (host === null || served === undefined || served === null) return null;
    const { site, context } = served;
    const counts = site.forRequest(plainRequest(host, protocol));
    const ending = keyEnding({ host, site: site.name, scheme: protocol });
    const { hasRequestRules } = site;
    const { path } = context.options.purging;
    const address = {
      served,
      options: context.options,
      hasRequestRules,
      purgeStart: path === null ? null : `${path}/`,
      ending,
      plain: { host, protocol, counts },
    };
    if (known.size >= mostKnown) known.clear();
    known.set(written, address);
    return address;
  }

  return {
    /** Null where the field is no host, and where no site answers for it: the long way tells why. */
    at(written: string): Address | null {
      const current = sites();
      if (current !== knownSites) {
        known.clear();
        knownSites = current;
        last = undefined;
      }
      if (last !== undefined && written === lastHost) return last;
      const address = known.get(written) ?? made(written);
      if (address === null) return null;
      lastHost = written;
      last = address;
      return address;
    },
  };
}

/** A GET of nobody in particular, of whom only those rules speak that speak of all. */
function plainRequest(host: string, protocol: Scheme) {
  return {
    ...{ method: "GET", target: "/", host, protocol },
    clientAddress: () => null,
    fields: { get: () => null },
  };
}

/** The key of a request that the rules of its site have judged. */
export function ruledKey({ ending }: Address, asked: string, { target, marks }: RequestVerdict): string {
  return (target ?? asked) + ending + marksEnding(marks);
}
