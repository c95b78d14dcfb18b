import { isConditional } from "./conditionals.ts";
import { type FieldReader, judgedName } from "./fields.ts";
import { identityFields } from "./identity.ts";
import { isToken } from "./list-field.ts";
import { acceptsCodings, acceptsLanguages, mostPreferred, normalisedValue } from "./negotiation.ts";
import type { Policy } from "./policy.ts";
import { remembered } from "./remembered.ts";

/**
 * The names in a Vary field: lower-case, sorted, without repetition. A "*" among them, or what is no field name,
 * makes it ["*"]: no later request can be known to match (RFC 9111 §4.1).
 */
export function varyNames(value: string | null): readonly string[] {
  return value === null ? [] : namesIn(value);
}

const namesIn = remembered((value): readonly string[] => {
  const names = value
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.some((name) => name === "*" || !isToken(name))) return ["*"];
  return [...new Set(names)].sort();
});

/**
 * Tells apart the responses of one primary key: one line a name of `vary`, with the request's value normalised as
 * RFC 9111 §4.1 allows. An absent field differs from an empty one. "" when `vary` is empty.
 */
export function variantKey(vary: readonly string[], request: FieldReader): string {
  return vary.length === 0 ? "" : variantLines(vary, request).join("\n");
}

/**
 * The variant key of a stored response once an answer to the request has confirmed it. Where the answer names other
 * fields in Vary, what the response was stored by says nothing any more: it is known to be right for this request's.
 */
export function confirmedVariantKey(
  former: { readonly policy: Policy; readonly variantKey: string },
  policy: Policy,
  request: FieldReader,
): string {
  const isVariedAlike = former.policy.vary.join() === policy.vary.join();
  return isVariedAlike ? former.variantKey : variantKey(policy.vary, request);
}

/**
 * The stored response that the request selects: the newest whose Vary fields match; else the newest that is in the one
 * language or coding that the request prefers to all others (§4.1); else the newest without Vary. An origin that names
 * Origin in Vary, and forgets to where there is none, would else give every page of another site the answer without
 * Access-Control-Allow-Origin for which somebody has asked since. Undefined when there is none.
 */
export function selectVariant<
  T extends { readonly response: { readonly policy: Policy; readonly variantKey: string } },
>(candidates: readonly T[], request: FieldReader): T | undefined {
  const varying = candidates.filter(({ response }) => response.policy.vary.length > 0);
  return (
    varying.find(
      ({ response: { policy, variantKey: stored } }) =>
        !matchesNothing(policy.vary) && stored === variantKey(policy.vary, request),
    ) ??
    varying.find(({ response }) => isPreferred(response.policy, response.variantKey, request)) ??
    candidates.find(({ response }) => response.policy.vary.length === 0)
  );
}

/**
 * Whether the response is one that the request may be given if the origin says so, though it does not select it: what
 * Vary names holds what it held, but for the language and the coding, of which it is enough that the client takes them.
 */
export function isAcceptable(
  { policy, variantKey: stored }: { readonly policy: Policy; readonly variantKey: string },
  request: FieldReader,
): boolean {
  if (matchesNothing(policy.vary)) return false;
  const storedLines = stored.split("\n");
  return variantLines(policy.vary, request).every((line, index) => {
    if (line === storedLines[index]) return true;
    const name = policy.vary[index];
    if (name === "accept-language") return acceptsLanguages(policy.contentLanguage, request.get(name));
    if (name === "accept-encoding") return acceptsCodings(policy.contentEncoding, request.get(name));
    return false;
  });
}

function matchesNothing(vary: readonly string[]): boolean {
  return vary[0] === "*";
}

function variantLines(vary: readonly string[], request: FieldReader): string[] {
  return vary.map((name) => {
    // The origin was asked for the whole, whatever part or condition the client named.
    const value = isConditional(name) ? null : request.get(name);
    return value === null ? name : `${name}:${secretDigest(name, normalisedValue(name, value))}`;
  });
}

/** The key lies on disk and is shown to operators: it must not hold anybody's credentials. */
function secretDigest(name: string, value: string): string {
  if (!isCredential(name)) return value;
  return new Bun.CryptoHasher("sha256").update(value).digest("base64url");
}

/** Whether what the request field holds may be as good as a password. */
export function isCredential(name: string): boolean {
  return credentialFields.has(judgedName(name));
}

const credentialFields: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  ...identityFields,
]);

function isPreferred(policy: Policy, stored: string, request: FieldReader): boolean {
  if (matchesNothing(policy.vary)) return false;
  if (policy.contentLanguage === null && policy.contentEncoding === null) return false;
  const storedLines = stored.split("\n");
  return variantLines(policy.vary, request).every((line, index) => {
    if (line === storedLines[index]) return true;
    const name = policy.vary[index];
    if (name === "accept-language") return isMostPreferred(policy.contentLanguage, request.get(name));
    if (name === "accept-encoding") return isMostPreferred(policy.contentEncoding, request.get(name));
    return false;
  });
}

function isMostPreferred(chosen: string | null, preferences: string | null): boolean {
  return chosen !== null && preferences !== null && mostPreferred(preferences) === chosen.toLowerCase();
}
