import { primaryKey } from "../../rules/cache-key.ts";
import { targetAsked } from "../../rules/target.ts";
import type { Selector } from "../../store/tier.ts";
import type { ServeOptions } from "../context.ts";
import type { Inbound } from "./inbound.ts";
import type { KeyedRequest } from "../step.ts";

type KeyOptions = Pick<ServeOptions, "index" | "originHost">;

/** What a request asks for. */
export function keyedRequest({ index }: Pick<KeyOptions, "index">, inbound: Inbound): KeyedRequest {
  const target = targetAsked(inbound.target, index);
  return { inbound, target, key: primaryKey({ host: inbound.host, target }) };
}

/**
 * The stored responses to a target the origin is asked for, as far as this request may change them. An origin that is
 * sent its own Host is one site, whatever clients call it: then they are those of every host.
 */
export function responsesTo(options: KeyOptions, inbound: Inbound, target: string): Selector {
  return { by: "target", target, host: hostOf(options, inbound), site: null };
}

/** Those of a group, likewise. */
export function responsesOf(options: KeyOptions, inbound: Inbound, group: string): Selector {
  return { by: "group", group, host: hostOf(options, inbound), site: null };
}

function hostOf({ originHost }: KeyOptions, { host }: Inbound): string | null {
  return originHost === null ? host : null;
}
