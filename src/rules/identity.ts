import type { FieldReader } from "./fields.ts";
import type { Policy } from "./policy.ts";
import type { ReasonName } from "./reason.ts";

/** What of the question who sends a request is the operator's. */
export interface IdentityOptions {
  /** Matches the whole names of cookies that are no business of the server: see rules/cookies. */
  readonly ignoredCookies: RegExp;
}

/**
 * How far a request tells who sends it: by Authorization or a field of the table below, by a cookie that may be the
 * server's business, or not at all.
 */
export type Sender = "identified" | "cookie" | "anonymous";

/**
 * Fields by which servers know their users, as they do by Authorization, of which HTTP has rules. A field that only
 * proves where a request was made, such as X-CSRF-Token, is none: the cookie beside it tells who makes it. Nor is one of
 * those that a client may not send: see origin/claims.
 */
const identityTable: readonly (readonly [name: string, source: string])[] = [
  ["x-api-key", "Amazon API Gateway; what most APIs call it"],
  ["api-key", "Azure OpenAI, Azure AI Search"],
  ["apikey", "Kong's key-auth, Supabase"],
  ["x-api-token", "Pipedrive"],
  ["x-auth-token", "OpenStack Identity, Rocket.Chat"],
  ["x-auth-key", "Cloudflare's API"],
  ["x-access-token", "what most APIs with JSON Web Tokens call it"],
  ["access-token", "devise_token_auth for Rails"],
  ["x-user-token", "simple_token_authentication for Rails"],
  ["x-jwt-assertion", "WSO2 API Manager"],
  ["x-parse-session-token", "Parse Server"],
  ["x-plex-token", "Plex"],
  ["x-rapidapi-key", "RapidAPI"],
  ["x-redmine-api-key", "Redmine"],
  ["x-apikey", "VirusTotal"],
  ["x-session-token", "Ory Kratos"],
  ["x-authorization", "sites whose Authorization another proxy uses up"],
  ["private-token", "GitLab"],
  ["job-token", "GitLab CI"],
  ["x-vault-token", "HashiCorp Vault"],
  ["x-shopify-access-token", "Shopify"],
  ["x-goog-api-key", "Google Cloud"],
  ["x-goog-iap-jwt-assertion", "Google's Identity-Aware Proxy"],
  ["x-amz-security-token", "AWS Signature Version 4, temporary credentials"],
  ["x-functions-key", "Azure Functions"],
  ["ocp-apim-subscription-key", "Azure API Management"],
  ["cf-access-jwt-assertion", "Cloudflare Access"],
  ["signature", "RFC 9421, ActivityPub"],
];

/** Lower-case. */
export const identityFields: readonly string[] = identityTable.map(([name]) => name);

export function senderOf(request: FieldReader, { ignoredCookies }: IdentityOptions): Sender {
  if (request.get("authorization") !== null || bearsIdentity(request)) return "identified";
  return hasCookie(request.get("cookie"), ignoredCookies) ? "cookie" : "anonymous";
}

/** Whether the request has a field of the table: a response to it is one user's unless it says that it is not. */
export function bearsIdentity(request: FieldReader): boolean {
  return identityFields.some((name) => request.get(name) !== null);
}

/**
 * Why the request may not be given the stored response, not even if the origin confirms it; null where it may. An origin
 * that says "not modified" may have looked at nothing but a date, and mean another page for this sender.
 */
export function withholding(
  { sharedWith }: Pick<Policy, "sharedWith">,
  request: FieldReader,
  options: IdentityOptions,
): ReasonName | null {
  switch (sharedWith) {
    case "everyone":
      return null;
    case "unidentified":
      return bearsIdentity(request) ? "identity-miss" : null;
    case "anonymous":
      return senderOf(request, options) === "anonymous" ? null : "sender-miss";
  }
}

/**
 * Whether there is a cookie whose name is not one of those. Two Cookie fields may have been joined by a comma, and no
 * server takes "_ga=1, session=2" for one cookie of Google's: what follows a comma counts as well if it has a name.
 */
export function hasCookie(cookie: string | null, ignored: RegExp): boolean {
  if (cookie === null) return false;
  return cookie.split(";").some((pair) =>
    pair.split(",").some((part, index) => {
      const name = nameOfPart(part, index);
      return name !== null && !ignored.test(name);
    }),
  );
}

/** The names of all cookies that `hasCookie` sees. */
export function cookieNames(cookie: string | null): readonly string[] {
  if (cookie === null) return [];
  const parts = cookie.split(";").flatMap((pair) => pair.split(",").map(nameOfPart));
  return parts.filter((name) => name !== null);
}

/** Null for what is no cookie. */
function nameOfPart(part: string, index: number): string | null {
  const [name = "", value] = part.trim().split("=", 2);
  const isCookie = index === 0 ? name !== "" || value !== undefined : value !== undefined;
  return isCookie ? name.trimEnd() : null;
}
