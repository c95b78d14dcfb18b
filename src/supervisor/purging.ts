import type { Asker, PurgeAnswer, PurgeRequest } from "../control/purge.ts";
import type { PurgeSelector } from "../control/selector.ts";
import type { Plan } from "../sites/plan.ts";
import type { Clock } from "../system/clock.ts";
import type { Fleet } from "./fleet.ts";
import { purgeOf } from "./purge.ts";
import { createPurgeHistory, type PurgeHistory } from "./purge-history.ts";

export interface PurgingOptions {
  readonly fleet: Pick<Fleet, "remove" | "list">;
  /** By which requests are served now. */
  readonly plan: () => Plan;
  readonly clock: Pick<Clock, "now" | "steady">;
}

/** All that is purged at somebody's word, whoever asks and by whichever door. */
export interface Purging extends Pick<PurgeHistory, "past"> {
  /**
   * These together, as one removal, each as soft as it says; dry if one of them is. Rejects with a `FleetError` when it is not
   * certain that all was removed, with a `UsageError` when nothing can be meant.
   */
  purge(requests: readonly PurgeRequest[], asker: Asker): Promise<PurgeAnswer>;
  /** Purges since the start, and the responses that went. */
  counters(): { readonly "purge.requests": number; readonly "purge.responses": number };
}

/** Of what would go so much is told. */
const mostListed = 1_000;

export function createPurging({ fleet, plan, clock }: PurgingOptions): Purging {
  const history = createPurgeHistory();
  let requested = 0;
  let responses = 0;

  async function carryOut(wanted: Wanted, asker: Asker): Promise<PurgeAnswer> {
    const { selectors, lookedFor, soft } = wanted;
    const [at, begunAt] = [clock.now(), clock.steady()];
    const past = { at, asker, lookedFor, soft };
    requested += 1;
    try {
      const removed = await fleet.remove(selectors);
      const counted = { purged: removed.complete + removed.partial, ...removed };
      const milliseconds = clock.steady() - begunAt;
      responses += counted.purged;
      history.note({ ...past, ...counted, milliseconds });
      return { ...counted, soft, dryRun: false, lookedFor, milliseconds };
    } catch (error) {
      const milliseconds = clock.steady() - begunAt;
      const none = { purged: 0, complete: 0, partial: 0, inFlight: 0 };
      history.note({
        ...past,
        ...none,
        milliseconds,
        error: error instanceof Error ? error.message : String(error),
      });
      throw error;
    }
  }

  async function tell({ selectors, lookedFor, soft }: Wanted): Promise<PurgeAnswer> {
    const begunAt = clock.steady();
    const { listed, ...found } = await fleet.list(selectors, mostListed);
    const milliseconds = clock.steady() - begunAt;
    const purged = found.complete + found.partial;
    return { purged, ...found, soft, dryRun: true, lookedFor, milliseconds, listed: [...listed] };
  }

  return {
    get past() {
      return history.past;
    },
    async purge(requests, asker) {
      const wanted = wantedBy(requests, plan());
      return requests.some(({ dryRun }) => dryRun === true)
        ? await tell(wanted)
        : await carryOut(wanted, asker);
    },
    counters: () => ({ "purge.requests": requested, "purge.responses": responses }),
  };
}

interface Wanted {
  readonly selectors: readonly PurgeSelector[];
  readonly lookedFor: string;
  /** Whether nothing is named that has to go. */
  readonly soft: boolean;
}

function wantedBy(requests: readonly PurgeRequest[], plan: Plan): Wanted {
  const purges = requests.map((request) => purgeOf(request, plan));
  return {
    selectors: purges.flatMap(({ selectors }) => selectors),
    lookedFor: inShort(purges.map(({ lookedFor }) => lookedFor).join("; ")),
    soft: requests.every(({ soft }) => soft === true),
  };
}

/** A thousand names in each of a thousand purges would fill the memory, and no screen shows them. */
const mostTold = 1_000;

function inShort(lookedFor: string): string {
  return lookedFor.length <= mostTold ? lookedFor : `${lookedFor.slice(0, mostTold)}…`;
}
