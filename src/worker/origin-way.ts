import { type OriginAddress, originAddress, originName } from "../config/origin-address.ts";
import { UsageError } from "../config/usage-error.ts";
import type { Clocks, ForwardOptions, Timeouts } from "../origin/forward.ts";
import { createOffline } from "../origin/offline.ts";
import { createOrigins, type Origins, type OriginsOptions } from "../origin/origins.ts";
import type { Way } from "../origin/pool.ts";
import type { ServeOptions } from "../serve/context.ts";
import type { SitePlan } from "../sites/plan.ts";

/** What of a site says how its origins are named and reached. */
export type OriginsOfSite = Pick<SitePlan, "origins" | "originCa" | "preserveHost">;

/** Beside the site: what is the same for all of them. */
export interface OriginTools
  extends Timeouts,
    Required<Pick<ForwardOptions, "onFailure" | "newMask">>,
    Required<Pick<OriginsOptions, "firstTurn" | "every" | "onChange" | "meterFor">> {
  readonly clocks: Clocks;
  /** Nobody is asked. */
  readonly isOffline: boolean;
}

/** The door to all origins of a site, by these ways. */
export function openOrigins(
  { balance, health = null }: Pick<SitePlan, "balance"> & { readonly health?: string | null | undefined },
  ways: readonly OriginWay[],
  tools: OriginTools,
): Origins {
  const { clocks, isOffline, firstTurn, every, onChange, onFailure, meterFor, newMask, ...timeouts } = tools;
  if (isOffline) return createOffline();
  return createOrigins({
    origins: ways.map((way) => ({ ...way, ...timeouts, ...clocks, onFailure, newMask })),
    ...{ balance, health, firstTurn, every, onChange, meterFor },
    now: clocks.now,
    monotonic: clocks.monotonic,
  });
}

/** By which names a site's origins are called, and which Host all its requests to them are keyed with. */
export function namesOfOrigins(
  site: Pick<OriginsOfSite, "origins" | "preserveHost">,
): Pick<ServeOptions, "origins" | "pathPrefix" | "originHost"> {
  const addresses = addressesOf(site);
  const [first] = addresses;
  return {
    origins: addresses.map(({ origin }) => origin),
    // Equal for all: see `originsRefusal`.
    pathPrefix: first.pathPrefix,
    originHost: site.preserveHost ? null : hostOf(first),
  };
}

/** How one origin is reached, and what it is called. */
export type OriginWay = Way & Pick<ForwardOptions, "origin" | "name" | "authorization" | "host">;

/** The ways to all origins of a site. Rejects with a `UsageError` when its authorities cannot be read. */
export async function waysToOrigins(site: OriginsOfSite): Promise<readonly OriginWay[]> {
  const addresses = addressesOf(site);
  const authorities = site.originCa === undefined ? undefined : await textOf(site.originCa);
  // One origin is sent the Host that the request is keyed with: nothing need be written anew.
  const hasOwnHosts = !site.preserveHost && addresses.length > 1;
  return addresses.map((address) => ({
    origin: address.origin + address.pathPrefix,
    name: originName(address),
    authorization: address.authorization,
    host: hasOwnHosts ? hostOf(address) : null,
    unixSocket: address.socketPath ?? undefined,
    authorities,
  }));
}

function hostOf({ origin }: OriginAddress): string {
  return new URL(origin).host;
}

/** The plan holds what `originAddress` takes. */
function addressesOf({ origins }: Pick<SitePlan, "origins">): readonly [OriginAddress, ...OriginAddress[]] {
  const [first, ...others] = origins.map((text) => {
    const address = originAddress(text);
    if (address === undefined) throw new UsageError("an origin is none; it should be an http or https URL");
    return address;
  });
  if (first === undefined) throw new UsageError("a site has no origin; it should have at least one");
  return [first, ...others];
}

/** Read by each worker when it starts: also by one that takes the place of another, long after the preflight. */
async function textOf(path: string): Promise<string> {
  try {
    return await Bun.file(path).text();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    throw new UsageError(
      `--origin-ca ${JSON.stringify(path)} cannot be read (${code}); it should be a PEM file you may read`,
    );
  }
}
