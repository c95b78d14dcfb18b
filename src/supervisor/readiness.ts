import type { Readiness } from "../control/readiness.ts";
import type { Clock } from "../system/clock.ts";
import type { Fleet } from "./fleet.ts";
import { FleetError } from "./fleet-error.ts";
import { STOPPING } from "./health.ts";

export interface ReadinessOptions {
  readonly fleet: Pick<Fleet, "status" | "ask">;
  readonly isDraining: () => boolean;
  readonly clock: Pick<Clock, "steady">;
}

/** Many may ask, and often: what was found is said to all of them for so many milliseconds. */
const rememberedMilliseconds = 1_000;

/** Tells whether clients may be sent here: all workers serve, and of each site an origin answers. */
export function createReadiness({ fleet, isDraining, clock }: ReadinessOptions): () => Promise<Readiness> {
  let found: { readonly readiness: Promise<Readiness>; readonly at: number } | undefined;

  async function look(): Promise<Readiness> {
    const reasons = await reasonsAgainst(fleet);
    return { status: reasons.length === 0 ? "ready" : "not ready", reasons };
  }

  return async () => {
    // At once, so that nobody new is sent here.
    if (isDraining()) return { status: "not ready", reasons: [STOPPING] };
    const now = clock.steady();
    if (found === undefined || now - found.at >= rememberedMilliseconds)
      found = { readiness: look(), at: now };
    return found.readiness;
  };
}

async function reasonsAgainst(fleet: ReadinessOptions["fleet"]): Promise<string[]> {
  const workers = fleet.status();
  const down = workers.filter(({ state }) => state !== "ready");
  const [asked] = workers.filter(({ state }) => state === "ready");
  const reasons = down.map(({ number, state }) => `worker ${number} is down (${state})`);
  if (asked === undefined) return reasons;
  try {
    const told = await fleet.ask({ about: "origins", askedBy: asked.number });
    const silent = workers.filter(
      ({ number, state }) => state === "ready" && !told.some(({ worker }) => worker === number),
    );
    reasons.push(...silent.map(({ number }) => `worker ${number} does not answer`));
    // Without it nobody has asked the origins that were not heard of.
    if (silent.includes(asked)) return reasons;
    const sites = told.flatMap(({ answer }) => answer.sites);
    const answering = new Set(sites.filter(({ answers }) => answers).map(({ site }) => site));
    const mute = new Set(sites.map(({ site }) => site)).difference(answering);
    return [...reasons, ...[...mute].map(muteInWords)];
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return [...reasons, error.message];
  }
}

/** The one site that is made of flags has no name. Addresses of origins are not for everybody. */
function muteInWords(site: string): string {
  return site === "" ? "the origin does not answer" : `no origin of site ${site} answers`;
}
