import { primaryKey } from "../rules/cache-key.ts";
import { variantKey } from "../rules/vary.ts";
import type { Found } from "../store/store.ts";
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

/**
 * The stored responses that were given for what this request shares with all of its host: the operator's `alsoVary`.
 * Another host's page may bear the same entity tag and be another page all the same.
 */
export function comparable(
  options: ServeOptions,
  inbound: Inbound,
  stored: readonly Found[],
): readonly Found[] {
  const lines = options.storing.alsoVary.map((name) => variantKey([name], inbound.fields));
  return stored.filter(({ response }) => {
    const storedLines = response.variantKey.split("\n");
    return lines.every((line) => storedLines.includes(line));
  });
}

function fileTarget({ index }: KeyOptions, target: string): string {
  if (target === "/" && index !== null) return `/${index}`;
  // Bun's fetch sends a path that begins with several slashes with one: the key is of what is asked.
  return target.startsWith("//") ? target.replace(/^\/+/, "/") : target;
}

function keyHost({ originHost }: KeyOptions, { fields }: Inbound): string | null {
  return originHost === null ? fields.get("host") : null;
}
