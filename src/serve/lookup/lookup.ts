import { asksOfPresent } from "../../rules/conditionals.ts";
import type { ServeContext } from "../context.ts";
import { lookUpPieces } from "../partial/pieces.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Forwarding, Step } from "../step.ts";
import { decideFor } from "./decide-for.ts";
import { unlessOnlyIfCached } from "./only-if-cached.ts";

/** Looks into the store, and turns what is decided about what is there into the next step. */
export async function lookup(
  context: ServeContext,
  request: KeyedRequest,
  { rounds, withPeers }: Extract<Step, { step: "lookup" }>,
): Promise<Step> {
  const { key } = request;
  const { flights, store } = context;
  const seen = flights.under(key);
  const stored = await store.find(key);
  const decision = decideFor(context, request, stored);
  if (decision.kind !== "miss" && stored.length > 1) store.noteUse([decision.found.response.id]);
  switch (decision.kind) {
    case "hit":
      return { step: "hit", found: decision.found, reason: decision.reason };
    case "stale": {
      const { found, candidates, reason, revalidateInBackground } = decision;
      return { step: "stale", found, candidates, reason, revalidateInBackground, instead: null };
    }
    case "revalidate": {
      const { found: selected, candidates, forward, reason } = decision;
      const why = { forward, reason, selected, candidates, held: null, rounds, withPeers, seen };
      return unlessOnlyIfCached(context, request, { step: "collapse", why });
    }
    case "miss": {
      const { candidates, forward, reason } = decision;
      const why = { forward, reason, selected: null, candidates, held: null, rounds, withPeers, seen };
      return await miss(context, request, why);
    }
  }
}

/** No complete response answers: pieces of one may, or help to. Not where what there is may not be given to this request. */
async function miss(context: ServeContext, request: KeyedRequest, why: Forwarding): Promise<Step> {
  const isForPieces = why.forward !== "request" && !asksOfPresent(request.inbound.fields);
  const use = isForPieces ? await lookUpPieces(context, request, why) : { ask: why };
  return "next" in use ? use.next : unlessOnlyIfCached(context, request, { step: "collapse", why: use.ask });
}
