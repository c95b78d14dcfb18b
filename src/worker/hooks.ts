import { lacksDescriptor, wordsOf } from "../origin/failure.ts";
import { ordinaryRefusals, type Trouble } from "../store/tier.ts";
import type { createAccessLog } from "./access-log.ts";
import type { Cacheability } from "./cacheability/recorder.ts";
import type { WorkerCounters } from "./counters.ts";
import type { OriginCostKeeper } from "./heavy/origin-costs.ts";
import type { SupervisorLink } from "./link.ts";
import { selfRedirectNotice, unnamedProxyNotice } from "./notices.ts";
import type { RequestRing } from "./recent/ring.ts";
import type { WorkerMeasures } from "./measures/worker-measures.ts";
import type { ServingHooks } from "./serving.ts";
import type { Storage } from "./storage.ts";

export interface Listeners {
  readonly link: Pick<SupervisorLink, "invalidateElsewhere" | "purge" | "notice">;
  readonly storage: Pick<Storage, "removalOf">;
  readonly counters: WorkerCounters;
  readonly ring: RequestRing;
  readonly originCosts: Pick<OriginCostKeeper, "served">;
  readonly cacheability: Pick<Cacheability, "served">;
  readonly measures: Pick<WorkerMeasures, "traffic" | "refreshed">;
  readonly accessLog: ReturnType<typeof createAccessLog>;
  readonly onTrouble: (trouble: Trouble) => void;
  /** Told less often: an origin that is in trouble may be so for hours. */
  readonly onOriginTrouble: (trouble: Trouble) => void;
}

/** Who in a worker is told of what: the counters, the log, the other workers and the operator. */
export function hooksOf(listeners: Listeners): ServingHooks {
  const { link, storage, counters, measures, ring, originCosts, cacheability, accessLog } = listeners;
  const { onTrouble, onOriginTrouble } = listeners;
  return {
    onServed(served) {
      measures.traffic.served(served);
      ring.served(served);
      originCosts.served(served);
      cacheability.served(served);
      accessLog?.onServed(served);
    },
    onHit(site, asked, target, status, bytes, at) {
      measures.traffic.hit(site.name, status, bytes);
      ring.hit(site, asked, target, status, bytes, at);
    },
    onHitTook: measures.traffic.hitTook,
    onRefresh: (site) => measures.refreshed(site.name),
    onHitServed: accessLog?.onServed ?? null,
    invalidateElsewhere: (selectors) => link.invalidateElsewhere(selectors, storage.removalOf(selectors)),
    purge: link.purge,
    onUnnamedProxy: (address) => link.notice("purge-by-proxy", unnamedProxyNotice(address)),
    onEffect: (reason, responses) => counters.count(`effect.${reason}`, responses),
    onStoreError: (error) =>
      ordinaryRefusals.has(error.code) ? counters.count(`unstored.${error.code}`) : onTrouble(error),
    onBroken: (place, error) =>
      onOriginTrouble({
        code: "incomplete-body",
        message: `the answer for ${place} broke off: ${wordsOf(error)}`,
      }),
    onSelfRedirect: (place, status) => link.notice("self-redirect", selfRedirectNotice(place, status)),
    onError: (error) => onTrouble(troubleOf(error)),
  };
}

function troubleOf(error: unknown): Trouble {
  if (lacksDescriptor(error)) return { code: "EMFILE", message: "there is no descriptor left for a file" };
  const message = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
  return { code: "INTERNAL", message };
}
