import { primaryKey } from "../rules/cache-key.ts";
import type { ServeOptions } from "./context.ts";
import type { Inbound } from "./inbound.ts";
import type { Asked } from "./step.ts";

type KeyOptions = Pick<ServeOptions, "index" | "originHost">;

/** What a request asks for: `--index` gives "/" a file name, and the Host counts only when it is sent on. */
export function askedFor(options: KeyOptions, inbound: Inbound): Asked {
  const target = fileTarget(options, inbound.target);
  return { inbound, target, key: primaryKey({ host: keyHost(options, inbound), target }) };
}

/** The key of another target (path and query) of the same host. */
export function keyOf(options: KeyOptions, inbound: Inbound, target: string): string {
  return primaryKey({ host: keyHost(options, inbound), target: fileTarget(options, target) });
}

/** What all keys of the request's host begin with. */
export function keyPrefix(options: KeyOptions, inbound: Inbound): string {
  return primaryKey({ host: keyHost(options, inbound), target: "/" });
}

function fileTarget({ index }: KeyOptions, target: string): string {
  return target === "/" && index !== null ? `/${index}` : target;
}

function keyHost({ originHost }: KeyOptions, { fields }: Inbound): string | null {
  return originHost === null ? fields.get("host") : null;
}
