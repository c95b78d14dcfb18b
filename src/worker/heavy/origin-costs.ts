import { OF_LATE_MILLISECONDS, type OriginCosts } from "../../control/top.ts";
import type { Served } from "../../serve/answer/outcome.ts";
import { createHeavyHitters } from "./heavy-hitters.ts";

export type Costing = Pick<
  Served,
  | "at"
  | "cache"
  | "reason"
  | "forwarded"
  | "method"
  | "protocol"
  | "host"
  | "target"
  | "firstByteMilliseconds"
>;

/** What requests cost the origin of late, in bounded memory. */
export interface OriginCostKeeper {
  /** Every answered request; what the origin was not asked for is not looked at. */
  served(served: Costing): void;
  read(at: number): OriginCosts;
}

const remembered = 500;
const told = 50;
/** Characters of a name: a client may ask for targets of 16 KB. */
const longestName = 300;

const options = { capacity: remembered, span: OF_LATE_MILLISECONDS };

export function createOriginCosts(): OriginCostKeeper {
  const missed = createHeavyHitters(options);
  const slowest = createHeavyHitters(options);
  const costs = createHeavyHitters(options);

  return {
    served(served) {
      const { forwarded, reason, firstByteMilliseconds: milliseconds, at } = served;
      // Who was collapsed has waited for another request's answer.
      if (forwarded === undefined || served.cache === "COLLAPSED") return;
      slowest.add(pathOf(served), milliseconds, reason, at);
      costs.add(`${forwarded} ${reason}`, milliseconds, reason, at);
      if (isMissed(served)) missed.add(urlOf(served), 1, reason, at);
    },
    read: (at) => ({
      missed: missed.heaviest(told, at).map(({ name, times, note }) => ({ url: name, times, reason: note })),
      slowest: slowest
        .heaviest(told, at)
        .map(({ name, amount, times, most }) => ({ path: name, times, milliseconds: amount, longest: most })),
      costs: costs.heaviest(told, at).map(({ name, amount, times }) => {
        const [forwarded = "", reason = ""] = name.split(" ");
        return { forwarded, reason, times, milliseconds: amount };
      }),
    }),
  };
}

/** Other methods cannot be answered from what is stored. */
function isMissed({ cache, method }: Costing): boolean {
  return (cache === "MISS" || cache === "PASS") && (method === "GET" || method === "HEAD");
}

function urlOf({ protocol, host, target }: Costing): string {
  return shortened(`${protocol}://${host}${target}`);
}

/** "shop.example/search"; with another method than GET that before it. */
function pathOf({ method, host, target }: Costing): string {
  const query = target.indexOf("?");
  const path = `${host}${query < 0 ? target : target.slice(0, query)}`;
  return shortened(method === "GET" ? path : `${method} ${path}`);
}

/** A copy: a part of a longer text would hold all of that. */
function shortened(text: string): string {
  return text.length <= longestName ? text : `${Buffer.from(text.slice(0, longestName)).toString()}…`;
}
