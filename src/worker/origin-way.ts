import { type OriginAddress, originAddress, originName } from "../config/origin-address.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import type { Clocks, ForwardOptions, Timeouts } from "../origin/forward.ts";
import { createOffline } from "../origin/offline.ts";
import { createOrigins, type Origins, type OriginsOptions } from "../origin/origins.ts";
import type { Way } from "../origin/pool.ts";
import type { ServeOptions } from "../serve/context.ts";
import type { SitePlan } from "../sites/plan.ts";

/** What of a site says how its origins are reached. */
export type OriginsOfSite = Pick<SitePlan, "origins" | "originCa" | "balance" | "health" | "preserveHost">;

/** Beside the site: what is the same for all of them. */
export interface OriginTools
  extends Timeouts,
    Pick<ForwardOptions, "onFailure">,
    Pick<OriginsOptions, "firstTurn" | "every" | "onChange"> {
  readonly clocks: Clocks;
  /** Nobody is asked. */
  readonly isOffline: boolean;
}

/** The way to all origins of a site. Rejects with a `UsageError` when its authorities cannot be read. */
export async function openOrigins(site: OriginsOfSite, tools: OriginTools): Promise<Origins> {
  const { clocks, isOffline, firstTurn, every, onChange, onFailure, ...timeouts } = tools;
  if (isOffline) return createOffline();
  const ways = await waysToOrigins(site);
  const shared = { ...timeouts, ...clocks, ...(onFailure === undefined ? {} : { onFailure }) };
  return createOrigins({
    origins: ways.map((way) => ({ ...way, ...shared })),
    balance: site.balance,
    health: site.health ?? null,
    now: clocks.now,
    monotonic: clocks.monotonic,
    firstTurn,
    every,
    ...(onChange === undefined ? {} : { onChange }),
  });
}

/** How the one origin of the flags is reached, and what it is called. */
export async function wayToOrigin({
  origin,
  originCa,
}: Pick<Settings, "origin" | "originCa">): Promise<OriginWay> {
  const [way] = await waysToOrigins({ origins: [origin], originCa, preserveHost: false });
  return way;
}

/** Its address. */
export function addressOf({ origin }: Pick<Settings, "origin">): OriginAddress {
  return addressesOf({ origins: [origin] })[0];
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
type OriginWay = Way & Pick<ForwardOptions, "origin" | "name" | "authorization" | "host">;

async function waysToOrigins(
  site: Pick<OriginsOfSite, "origins" | "originCa" | "preserveHost">,
): Promise<readonly [OriginWay, ...OriginWay[]]> {
  const addresses = addressesOf(site);
  const authorities = site.originCa === undefined ? undefined : await textOf(site.originCa);
  // One origin is sent the Host that the request is keyed with: nothing need be written anew.
  const hasOwnHosts = !site.preserveHost && addresses.length > 1;
  const wayTo = (address: OriginAddress): OriginWay => ({
    origin: address.origin + address.pathPrefix,
    name: originName(address),
    authorization: address.authorization,
    host: hasOwnHosts ? hostOf(address) : null,
    unixSocket: address.socketPath ?? undefined,
    authorities,
  });
  const [first, ...others] = addresses;
  return [wayTo(first), ...others.map(wayTo)];
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
