import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import { type Claim, claimName } from "./claimed-names.ts";
import { portSpots } from "./port.ts";
import { socketSpot } from "./socket-path.ts";
import type { Spot } from "./spot.ts";
import type { Place } from "./takeover.ts";

type ListenSettings = Pick<Settings, "listen" | "http3">;

/** Where the workers listen is this supervisor's: no other of the same user listens there. */
export interface ListenClaims {
  release(): void;
  /**
   * Claims what other settings name beside what is held; what is held and not named any more is let go of by what this
   * returns, when nobody listens there any more. Rejects with a `UsageError` where something is taken: nothing has changed.
   */
  moveTo(settings: ListenSettings): Promise<() => void>;
}

/**
 * Where the workers will listen. Each place is claimed under a name that one process can have, until its workers stop
 * listening, and it is asked whether anybody listens there who has no such name. It is all of them or none.
 */
export async function listenPlace(settings: ListenSettings): Promise<Place<ListenClaims>> {
  const spots = await spotsOf(settings);
  let refusal = "";
  let taken = "";

  return {
    async take() {
      const held = new Map<string, Claim>();
      const refused = await claimAll(spots, held);
      if (refused === undefined) return claimsOf(held);
      refusal = refused.line;
      taken = refused.spot.written;
      return undefined;
    },
    // Nobody listens while it drains.
    isKept: async () => true,
    get leaving() {
      return `${taken} is taken`;
    },
    kept: () => refusal,
    overdue: () => refusal,
  };
}

function claimsOf(held: Map<string, Claim>): ListenClaims {
  return {
    release: () => letGo(held),
    async moveTo(settings) {
      const spots = await spotsOf(settings);
      const refused = await claimAll(spots, held);
      if (refused !== undefined) throw new UsageError(refused.line);
      return () => letGo(held, new Set(spots.map(({ name }) => name)));
    },
  };
}

async function spotsOf({ listen, http3 }: ListenSettings): Promise<readonly Spot[]> {
  const found: Spot[] = [];
  for (const address of listen) {
    const spots =
      address.kind === "unix"
        ? [socketSpot(address.path)]
        : await portSpots(address, http3 && address.scheme === "https");
    for (const spot of spots) {
      const twin = found.find(({ name }) => name === spot.name);
      if (twin !== undefined)
        throw new UsageError(`${spot.written} is where ${twin.written} listens; there should be one of them`);
      found.push(spot);
    }
  }
  return found;
}

interface Refused {
  readonly spot: Spot;
  readonly line: string;
}

/** Claims all that is not held yet, and adds it; or nothing, and tells of the first that is refused. */
async function claimAll(spots: readonly Spot[], held: Map<string, Claim>): Promise<Refused | undefined> {
  const claimed = new Map<string, Claim>();
  try {
    for (const spot of spots) {
      if (held.has(spot.name)) continue;
      const line = await claim(spot, claimed, overlapsOneOf(spot, held));
      if (line === undefined) continue;
      letGo(claimed);
      return { spot, line };
    }
  } catch (error) {
    letGo(claimed);
    throw error;
  }
  for (const [name, one] of claimed) held.set(name, one);
  return undefined;
}

/** Whether one of the two is the port on every address: there it is this supervisor's own workers that listen. */
function overlapsOneOf({ name }: Spot, held: ReadonlyMap<string, Claim>): boolean {
  const [address, port] = name.split("/");
  return [...held.keys()].some((each) => {
    const [heldAddress, heldPort] = each.split("/");
    return port === heldPort && [address, heldAddress].some((one) => one === "0.0.0.0" || one === "::");
  });
}

/** `isOwn`: who listens there would be found, and is known. */
async function claim(spot: Spot, claimed: Map<string, Claim>, isOwn: boolean): Promise<string | undefined> {
  const own = claimName(`cacheproxy/${spot.name}`) ?? unclaimable;
  if ("holder" in own)
    return `${spot.written} is taken by another cacheproxy, process ${own.holder}; it should be ${free(spot)}`;
  claimed.set(spot.name, own);
  return isOwn ? undefined : await spot.refusal();
}

function free({ name }: Spot): string {
  return name.startsWith("unix/") ? "another path" : "a free port";
}

/** Where names cannot be claimed the place is had without. */
const unclaimable: Claim = { release: () => undefined };

function letGo(claims: Map<string, Claim>, but: ReadonlySet<string> = new Set()): void {
  for (const [name, one] of claims) {
    if (but.has(name)) continue;
    one.release();
    claims.delete(name);
  }
}
