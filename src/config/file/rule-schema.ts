import { z } from "zod";
import { trackingParameters } from "../../sites/tracking.ts";
import { field, leaf, listOf, oneOf, table } from "./field.ts";
import {
  aFieldName,
  aFieldValue,
  aHostGlob,
  aMethod,
  aName,
  aNameGlob,
  aNetwork,
  aPathGlob,
  aStatus,
  aSwitch,
  aTime,
  aTimeOrOff,
  aTypeGlob,
  aValueGlob,
  fieldsWith,
} from "./values.ts";

/** What a rule may ask for. Texts here are those of the reference and of the editor. */
const conditionFields = {
  path: field(
    listOf(aPathGlob),
    "The path is one of these: * stands for anything within a segment, ** also across.",
  ),
  query: field(listOf(aNameGlob), "The query has a parameter of one of these names."),
  host: field(listOf(aHostGlob), "The host that is asked, without port, is one of these."),
  method: field(listOf(aMethod), "The method is one of these."),
  header: field(
    fieldsWith("condition", listOf(aValueGlob)),
    "Request fields, each with what its value should match; all of them must.",
  ),
  cookie: field(listOf(aNameGlob), "There is a cookie of one of these names."),
  client: field(listOf(aNetwork), "The client's address is in one of these networks."),
  status: field(listOf(aStatus), "The status of the response is one of these."),
  type: field(listOf(aTypeGlob), "The media type of the response is one of these."),
  "header-out": field(
    fieldsWith("condition", listOf(aValueGlob)),
    "Response fields, each with what its value should match; all of them must.",
  ),
};

export const conditionsSchema = table("conditions", conditionFields);

const redirect = z.union([
  z.literal("https").transform(() => ({ to: "https" as const })),
  z.strictObject({
    to: z.string().regex(/^([Hh][Tt][Tt][Pp][Ss]?:\/\/[!-.0-~]|\/(?![/\\]))[!-~]*$/),
    status: z.literal([301, 302, 303, 307, 308]).default(302),
  }),
]);

export const querySchema = table("query", {
  ignore: field(
    listOf(aNameGlob),
    `These parameters are neither part of the key nor sent. "tracking" stands for ${trackingParameters.join(", ")}.`,
  ),
  keep: field(listOf(aNameGlob), "These parameters alone are part of the key and sent."),
  sort: field(aSwitch, "Parameters are sorted by name, in the key and for the origin."),
}).refine(
  ({ ignore, keep }) => ignore === undefined || keep === undefined,
  "a table with one of ignore and keep: what is not kept is ignored",
);

/** What a rule, or a site, may say of requests. */
export const requestFields = {
  pass: field(aSwitch, "Pass the request on and store nothing of it."),
  deny: field(leaf(z.literal([403, 404, 410, 451]), "403, 404, 410 or 451"), "Answer with this status."),
  redirect: field(
    leaf(redirect, '"https", or { to = "https://shop.example/new", status = 301 }'),
    "Send the client elsewhere: to the same by https, or to a URL or path, with 302 unless a status is said.",
  ),
  cookies: field(
    leaf(
      z.union([
        z.enum(["ignore", "pass"]),
        z.array(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)).min(1),
      ]),
      '"ignore", "pass", or a list of names of cookies',
    ),
    "ignore: cookies are neither looked at nor sent. pass: a request with one is passed on. A list: these alone are sent, and are part of the key.",
  ),
  query: field(querySchema, "Which parameters of the query count."),
  "key-headers": field(listOf(aFieldName("key")), "The values of these request fields are part of the key."),
  "ignore-case": field(aSwitch, "The path is asked for, and keyed, in lower case."),
  "set-request": field(
    fieldsWith("request", aFieldValue),
    "Fields the origin is sent in place of the client's.",
  ),
  "remove-request": field(listOf(aFieldName("request")), "Fields the origin is not sent."),
  "client-cache-control": field(
    oneOf("honour", "ignore"),
    "Whether a client's Cache-Control and Pragma may make the cache ask the origin.",
  ),
  "fold-encodings": field(
    aSwitch,
    "Accept-Encoding becomes what origins differ by (br, zstd, gzip, none), so that browsers share responses.",
  ),
};

/** What a rule, or a site, may say of responses. */
export const responseFields = {
  lifetime: field(
    aTime,
    "Fresh for so long, whatever the response says but no-store, private and Set-Cookie.",
  ),
  force: field(aSwitch, "lifetime goes over no-store, private and Set-Cookie as well."),
  "default-lifetime": field(aTimeOrOff, "Fresh for so long when the response does not say itself."),
  "max-lifetime": field(aTime, "Fresh for no longer, whatever the response says."),
  "error-lifetime": field(
    aTimeOrOff,
    "For a status of 400 or more: fresh for so long when it does not say itself, and no longer when it does.",
  ),
  heuristic: field(aSwitch, "Whether a lifetime may be guessed from Last-Modified."),
  "stale-while-revalidate": field(aTimeOrOff, "Served stale for so long while it is refreshed."),
  "stale-if-error": field(aTimeOrOff, "Served stale for so long when the origin fails."),
  store: field(aSwitch, "false: the response is not stored."),
  "remove-set-cookie": field(aSwitch, "Set-Cookie is taken from the response, for everybody."),
  "set-response": field(fieldsWith("response", aFieldValue), "Fields clients get in place of the origin's."),
  "remove-response": field(listOf(aFieldName("response")), "Fields clients do not get."),
};

export const settingFields = { ...requestFields, ...responseFields };

export const settingsSchema = table("settings", settingFields);

export const ruleSchema = table("a rule", {
  name: field(aName, "The word for it in Cache-Status; without one, that of the site and its place."),
  if: field(conditionsSchema, "It holds where all of these do; of a list one."),
  unless: field(conditionsSchema, "It does not hold where all of these do."),
  ...settingFields,
});

export type WrittenRule = z.output<typeof ruleSchema>;
export type WrittenConditions = z.output<typeof conditionsSchema>;
export type WrittenRuleSettings = z.output<typeof settingsSchema>;
