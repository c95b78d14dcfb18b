import { remembered } from "../rules/remembered.ts";
import { isCredential } from "../rules/vary.ts";

/**
 * Parts of a cache key that say what of the request counts beside target and host: no two values make the same mark, and
 * no mark has a space in it. Keys lie on disk and are shown to operators, so that what may be a credential stands in them
 * as a digest: fields of identity, and what is longer than what an operator would want to read.
 */
export function headerMark(name: string, value: string): string {
  return `header:${encoded(name)}=${isCredential(name) ? digest(value) : short(value)}`;
}

/** `values` are those of one name, as they are sent: null for a name without "=". */
export function cookieMark(name: string, values: readonly (string | null)[]): string {
  const pairs = values.map((value) => (value === null ? encoded(name) : `${encoded(name)}=${short(value)}`));
  return `cookie:${pairs.join("&")}`;
}

/**
 * `what` is what the rule asks for and tells the origin. Names alone do not say which rule it was: what is stored outlives
 * the plan, and in the next one the name may be another rule's, above all where it is made of a place.
 */
export function ruleMark(name: string, what: unknown): string {
  return `rule:${encoded(name)}${digest(JSON.stringify(what)).slice(0, 13)}`;
}

const longestPlain = 20;

function short(value: string): string {
  return value.length > longestPlain ? digest(value) : encoded(value);
}

/** No plain value begins with "~". */
const digest = remembered((value) => `~${new Bun.CryptoHasher("sha256").update(value).digest("base64url")}`);

function encoded(text: string): string {
  return text.replaceAll(/[^\w.:/,;-]/g, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `%u${code.padStart(4, "0")}` : `%${code.padStart(2, "0")}`;
  });
}
