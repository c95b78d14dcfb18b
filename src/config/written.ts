import { isIP, isIPv6 } from "node:net";
import parseBytes from "bytes";
import parseMilliseconds, { type StringValue } from "ms";
import { z } from "zod";
import { normalOrigin } from "./origin-address.ts";

/** How people write values, on the command line, in variables and in files alike: each schema turns text into the value. */

/** "512MB", "1.5GB": bytes. A MB is 1,048,576 bytes, as the units of memory are. The unit must be there. */
export const size = z
  .string()
  .regex(/^\d+(\.\d+)?\s*[kmgt]?b$/i)
  .transform((text) => parseBytes(text));

/** "30s", "1.5h", "500ms": whole milliseconds. The unit must be there. */
export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?\s*(ms|s|m|h|d|w|y)$/)
  .transform((text) => Math.round(parseMilliseconds(text as StringValue)));

/** No name of a file has a NUL. */
export const filePath = z.string().regex(/^[^\0]+$/);

export const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

export const yesOrNo = z.enum(["true", "false"]).transform((text) => text === "true");

/** "a, b": each as the schema takes it, in order, without repetition. */
export function list<Value>(each: z.ZodType<Value, string>): z.ZodType<Value[], string> {
  return z
    .string()
    .transform((text) => [...new Set(text.split(",").map((part) => part.trim()))])
    .pipe(z.array(each));
}

/** "CDN-Cache-Control,Surrogate-Control": lower-case names, in order, of fields that say what Cache-Control says. */
export const targetedFields = list(
  z
    .string()
    .transform((name) => name.toLowerCase())
    .pipe(z.string().regex(/^(?!cache-control$)[a-z0-9-]*-control$/)),
).transform((names) => [...new Set(names)]);

/** "default,my_*": names of cookies (RFC 6265 §4.1.1: tokens), in which * stands for any characters and ? for one. */
export const cookieNames = list(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z?-]+$/));

/** An address, or a name without port; the brackets an IPv6 address may be written in are taken off. */
export const host = z.string().transform((text, context) => hostOf(text) ?? refuse(context));

/** "9090", "127.0.0.1:9090", "[::1]:9090": host and port, this machine only when no host is named. */
export const listener = z.string().transform((text, context) => {
  const [, writtenHost, port] = /^(?:(.*):)?(\d{1,5})$/.exec(text) ?? [];
  const named = hostOf(writtenHost || "127.0.0.1");
  if (named === undefined || !(Number(port) >= 1 && Number(port) <= 65_535)) return refuse(context);
  if (isIPv6(named)) return writtenHost?.startsWith("[") ? `[${named}]:${port}` : refuse(context);
  return `${named}:${port}`;
});

/** An http(s) URL or the path of a socket: see origin-address. */
export const origin = z.string().transform((text, context) => normalOrigin(text) ?? refuse(context));

/** "off" says that there is none. */
export function orOff<Value>(schema: z.ZodType<Value, string>): z.ZodType<Value | undefined, string> {
  return z.union([z.literal("off").transform(() => undefined), schema]);
}

/** Without brackets; undefined where it is none. */
export function hostOf(text: string): string | undefined {
  const bare = /^\[(.*)\]$/.exec(text)?.[1];
  if (bare !== undefined) return isIPv6(bare) ? bare : undefined;
  return isIP(text) || /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(text) ? text : undefined;
}

/** What a transform gives in place of what cannot be understood. */
export function refuse(context: z.RefinementCtx): never {
  context.issues.push({ code: "custom", message: "not of this form", input: undefined });
  return z.NEVER;
}
