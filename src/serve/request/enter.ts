import { fieldsToSend, type SendingOptions } from "../../origin/request.ts";
import { type FieldReader, requestFieldsOf } from "../../rules/fields.ts";
import { nominatedBy } from "../../rules/hop-by-hop.ts";
import { primaryKey } from "../../rules/cache-key.ts";
import { targetAsked } from "../../rules/target.ts";
import type { ServeContext } from "../context.ts";
import { contextFor, type ServedSite } from "../site.ts";
import type { Received, KeyedRequest } from "./inbound.ts";

/** A request as its site has it, and all that answers it. */
export interface Entered {
  readonly request: KeyedRequest;
  readonly context: ServeContext;
}

/**
 * Brings a request to its site, whose rules say what of it counts. What the origin is sent and what is keyed are made here,
 * of one verdict: a query that the key ignores is not sent, so that no page can show it to others.
 */
export function enter(served: ServedSite, received: Received): Entered {
  const { options } = served.context;
  const { method, host, protocol, clientAddress } = received;
  const asked = targetAsked(received.target, options.index);
  const verdict = served.site.forRequest({
    ...{ method, target: asked, written: received.target, host, protocol },
    clientAddress: () => clientAddress,
    fields: fieldsHeard(received.received, options),
  });
  // What is only passed on is passed on as it came, as far as no rule speaks of it.
  const isLookedUp = verdict.act.kind === "serve" && (method === "GET" || method === "HEAD");
  const ruled = { changes: verdict.changes, foldsEncodings: verdict.foldsEncodings && isLookedUp };
  const client = { address: clientAddress, protocol, host };
  // In place: a copy would have Bun make the signal that few requests need.
  const inbound = Object.assign(received, {
    fields: fieldsToSend(method, received.received, client, options, ruled),
  });
  const target = verdict.target ?? asked;
  const key = primaryKey({ host, target, site: served.site.name, scheme: protocol, marks: verdict.marks });
  return { request: { inbound, verdict, target, key }, context: contextFor(served, verdict) };
}

/** Where the origin may be told X_Kind, and take it for X-Kind, rules take it so, too. */
function fieldsHeard(
  received: Received["received"],
  { underscoreFields }: Pick<SendingOptions, "underscoreFields">,
): FieldReader {
  if (underscoreFields !== "keep") return received;
  const nominated = nominatedBy(received.get("connection"));
  return requestFieldsOf([...received].filter(([name]) => !nominated.has(name)));
}
