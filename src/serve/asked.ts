import { primaryKey } from "../rules/cache-key.ts";
import type { Selector } from "../store/store.ts";
import type { ServeOptions } from "./context.ts";
import type { Inbound } from "./inbound.ts";
import type { Asked } from "./step.ts";

type KeyOptions = Pick<ServeOptions, "index" | "originHost">;

/** What a request asks for: `--index` gives "/" a file name. */
export function askedFor(options: KeyOptions, inbound: Inbound): Asked {
  const target = targetAsked(options, inbound.target);
  return { inbound, target, key: primaryKey({ host: inbound.host, target }) };
}

/** The target (path and query) that the origin is asked for where a client names this one. */
export function targetAsked({ index }: KeyOptions, target: string): string {
  if (target === "/" && index !== null) return `/${index}`;
  // Bun's fetch sends a path that begins with several slashes with one: the key is of what is asked.
  return target.startsWith("//") ? target.replace(/^\/+/, "/") : target;
}

/**
 * The stored responses to a target the origin is asked for, as far as this request may change them. An origin that is
 * sent its own Host is one site, whatever clients call it: then they are those of every host.
 */
export function responsesTo({ originHost }: KeyOptions, inbound: Inbound, target: string): Selector {
  return originHost === null
    ? { by: "key", primaryKey: primaryKey({ host: inbound.host, target }) }
    : { by: "target", target };
}

/** Those of a group, likewise. */
export function responsesOf({ originHost }: KeyOptions, inbound: Inbound, group: string): Selector {
  return { by: "group", group, host: originHost === null ? inbound.host : null };
}
