import { fieldsOf } from "../rules/fields.ts";
import type { Site } from "./site.ts";

/**
 * The targets by which responses to a target may be stored: as it is asked for, and as the site's rules rewrite it for a
 * GET of which nothing else is known. Who removes what is stored under a URL removes it under all of them.
 */
export function keyedTargets(site: Site, host: string, target: string): readonly string[] {
  if (!site.hasRequestRules) return [target];
  const { target: rewritten } = site.forRequest({
    method: "GET",
    target,
    host,
    // What is asked for by http may be sent to https before anything is rewritten.
    protocol: "https",
    clientAddress: () => null,
    fields: noFields,
  });
  return rewritten === null || rewritten === target ? [target] : [target, rewritten];
}

const noFields = fieldsOf([]);
