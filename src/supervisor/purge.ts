import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import type { PurgeSelector } from "../control/selector.ts";
import type { PurgeRequest } from "../control/purge.ts";
import { normalAuthority } from "../rules/authority.ts";
import { keysOf } from "../rules/cache-key.ts";
import { normalTarget, targetAsked } from "../rules/target.ts";

/** What is to be removed, and how that is told to people. */
export interface Purge {
  readonly selector: PurgeSelector;
  readonly lookedFor: string;
}

type KeySettings = Pick<Settings, "preserveHost" | "index">;

/**
 * The stored responses that the operator means, by the keys that requests are looked up by. A host counts only where
 * each host has pages of its own. Throws a `UsageError` where the URL's host is none.
 */
export function purgeOf({ url, path, prefix, group }: PurgeRequest, settings: KeySettings): Purge {
  const named = url ?? path;
  if (named !== undefined) return purgeOfPage(named, settings);
  if (prefix !== undefined) return purgeOfPrefix(prefix, settings);
  if (group === undefined) return { selector: { by: "all" }, lookedFor: "all there is" };
  const lookedFor = `what is in the group ${JSON.stringify(group)}, of every host`;
  return { selector: { by: "group", group, host: null }, lookedFor };
}

function purgeOfPage(text: string, settings: KeySettings): Purge {
  const { host, target: written } = partsOf(text, settings);
  const target = targetAsked(normalTarget(written), settings.index ?? null);
  return { selector: keysOf({ host, target }), lookedFor: `${target} of ${told(host)}` };
}

function purgeOfPrefix(text: string, settings: KeySettings): Purge {
  const { host, target } = partsOf(text, settings);
  // With something after it, for "/a/.." begins "/a/..b" and is nothing to resolve.
  const normal = normalTarget(`${target.replace(/#.*/, "")}x`).slice(0, -1);
  const targetPrefix = targetAsked(normal, null);
  const selector = { by: "prefix", targetPrefix, host } as const;
  return { selector, lookedFor: `what begins with ${targetPrefix}, of ${told(host)}` };
}

/** Host and target of a whole URL, or of a path, which is of every host. */
function partsOf(text: string, { preserveHost }: KeySettings): { host: string | null; target: string } {
  const [, scheme, authority = "", rest = ""] = /^(https?):\/\/([^/?#\\]*)(.*)$/is.exec(text) ?? [];
  if (scheme === undefined) return { host: null, target: text };
  const host = normalAuthority(authority, scheme.toLowerCase() === "https" ? "https" : "http");
  if (host === null) {
    throw new UsageError(`the host of ${JSON.stringify(text)} is none; http://example.com:8080/a has one`);
  }
  return { host: preserveHost ? host : null, target: /^[/\\]/.test(rest) ? rest : `/${rest}` };
}

function told(host: string | null): string {
  return host === null ? "every host" : `host ${host}`;
}
