import { z } from "zod";
import { aDuration } from "../option.ts";
import { duration } from "../written.ts";
import { network } from "../written-addresses.ts";
import { leaf } from "./field.ts";
import { type Part, refusedField } from "./refused-fields.ts";

/** Values of sites and rules, as the file has them. */

const DAY = 86_400_000;
const lifetime = duration.pipe(z.int().max(3653 * DAY));
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export const aSwitch = leaf(z.boolean(), "true or false");

export const aTime = leaf(lifetime, `${aDuration}, up to 10y`);

export const aTimeOrOff = leaf(z.union([z.literal("off"), lifetime]), `${aDuration}, up to 10y, or off`);

/** In logs, keys and Cache-Status. */
export const aName = leaf(
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  'a word of letters, digits, ".", "_" and "-", such as shop',
);

export const aFile = leaf(z.string().regex(/^[^\0]+$/), "a PEM file");

/** `*` stands for anything within a segment, `**` also across. */
export const aPathGlob = leaf(
  z.string().regex(/^[/*][^\s?#]*$/),
  "a path that begins with / or *, without query, such as /static/** or *.css",
);

export const aNameGlob = leaf(
  z.string().regex(/^[^\s&=;,]+$/),
  "a name, in which * stands for any characters, such as utm_*",
);

export const aValueGlob = leaf(z.string().min(1), "a text, in which * stands for any characters");

export const aHostGlob = leaf(
  z
    .string()
    .regex(/^[A-Za-z0-9*_.:[\]-]+$/)
    .transform((text) => text.toLowerCase()),
  "a host without port, in which * stands for any characters, such as *.shop.example",
);

export const aMethod = leaf(z.string().regex(token), "a method, such as GET");

export const aNetwork = leaf(
  network(),
  "a network such as 10.0.0.0/8 or 2001:db8::/32, an address, loopback, private, cloudflare or fastly",
);

export const aStatus = leaf(
  z
    .union([z.int().min(100).max(599), z.string().regex(/^[1-5](\d\d|xx)$/)])
    .transform((status) => String(status)),
  'a status such as 200, or "4xx"',
);

export const aTypeGlob = leaf(
  z
    .string()
    .regex(/^[\w!#$&^.+*-]+(\/[\w!#$&^.+*-]+)?$/)
    .transform((text) => text.toLowerCase()),
  "a media type without parameters, in which * stands for any characters, such as text/*",
);

/** The name of a field, in lower case; one that is somebody else's business is refused with the reason. */
export function aFieldName(part: Part): z.ZodType<string> {
  const name = z
    .string()
    .regex(token)
    .refine((text) => refusedField(part, text.toLowerCase()) === undefined)
    .transform((text) => text.toLowerCase());
  return leaf(name, (written) => {
    const reason = typeof written === "string" ? refusedField(part, written.toLowerCase()) : undefined;
    return reason === undefined ? "the name of a field, such as x-device" : `another field; ${reason}`;
  });
}

/** Fields by their names. */
export function fieldsWith<Value>(part: Part, value: z.ZodType<Value>) {
  return z.record(aFieldName(part), value, { error: "a table of fields, such as { x-device = … }" });
}

/** What a field may be set to (RFC 9110 §5.5). */
export const aFieldValue = leaf(
  z
    .string()
    .transform((text) => text.trim())
    .refine((text) => /^[\t\x20-\x7e\x80-\xff]+$/.test(text)),
  "the value of a field, on one line",
);
