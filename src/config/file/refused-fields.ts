import { judgedName } from "../../rules/fields.ts";
import { isHopByHop } from "../../rules/hop-by-hop.ts";

/** What a rule does with fields: it asks for them, keys by them, changes what the origin is sent, or clients. */
export type Part = "condition" | "key" | "request" | "response";

/** Why a rule may not name the field there; undefined where it may. Lower-case names; X_Forwarded_For is X-Forwarded-For to servers. */
export function refusedField(part: Part, written: string): string | undefined {
  const name = judgedName(written);
  if (part === "condition") return name === "cookie" ? "the condition cookie looks for cookies" : undefined;
  if (isHopByHop(name)) return `${name} belongs to one connection`;
  if (part === "key") return ofKey.get(name);
  const reason = (part === "request" ? ofRequest : ofResponse).get(name);
  return (
    reason ?? (part === "request" && name.startsWith("if-") ? "conditions are the cache's own" : undefined)
  );
}

const framing = "the length of a body is what it is";

const ofKey: ReadonlyMap<string, string> = new Map([
  ["cookie", "the setting cookies names those that are part of the key"],
  ["host", "the host is part of the key where the origin is sent it"],
]);

const ofRequest: ReadonlyMap<string, string> = new Map([
  ["host", "preserve-host decides which host the origin is sent"],
  ["content-length", framing],
  ["cookie", "the setting cookies decides what the origin is sent"],
  ["range", "what is asked for in part is the cache's own affair"],
  ["expect", "it is answered here"],
  ["cdn-loop", "it keeps requests from going round for ever"],
  ["via", "it tells who has passed the request on"],
  ["forwarded", "it tells who has sent the request; trust decides who is believed"],
  ["x-forwarded-for", "it tells who has sent the request; trust decides who is believed"],
  ["x-forwarded-host", "it tells what was asked for; trust decides who is believed"],
  ["x-forwarded-proto", "it tells what was asked for; trust decides who is believed"],
]);

const ofResponse: ReadonlyMap<string, string> = new Map([
  ["content-length", framing],
  ["content-range", framing],
  ["content-encoding", "the body is in the coding it is in"],
  ["set-cookie", "remove-set-cookie takes it away, and nobody should get another's"],
  ["age", "it is counted here"],
  ["date", "it tells when the origin has answered"],
  ["via", "it tells who has passed the response on"],
  ["x-cache", "it tells what the cache has done"],
  ["cache-status", "it tells what the cache has done"],
]);
