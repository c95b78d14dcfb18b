import { z } from "zod";
import { aDuration, aLifetime, aSwitch, type Option } from "./option.ts";
import { type Settings, settingsSchema } from "./schema.ts";
import { cookieNames, duration, orOff, targetedFields, yesOrNo } from "./written.ts";

const { shape } = settingsSchema;

type Name =
  | "defaultTtl"
  | "maxLifetime"
  | "heuristic"
  | "foldEncodings"
  | "staleWhileRevalidate"
  | "staleIfError"
  | "errorCap"
  | "ignoreCookies"
  | "strictSMaxage"
  | "targeted"
  | "clientCacheControl"
  | "storeUnframed"
  | "shareSetCookie";

/** What of the rules of caching the operator decides, in the order of the help. */
export const optionsOfRules: { readonly [One in Name]-?: Option<Settings[One]> } = {
  defaultTtl: {
    name: "default-ttl",
    argument: "TIME",
    summary: "keep a response fresh for so long when it does not say itself",
    byDefault: "off",
    read: orOff(duration).pipe(shape.defaultTtl),
    expected: aLifetime,
  },
  maxLifetime: {
    name: "max-lifetime",
    argument: "TIME",
    summary: "keep no response fresh for longer than this, whatever it says",
    byDefault: "off",
    read: orOff(duration).pipe(shape.maxLifetime),
    expected: aLifetime,
  },
  heuristic: {
    name: "heuristic",
    summary: "guess how long a response is fresh from its Last-Modified when it does not say itself",
    byDefault: "true",
    read: yesOrNo.pipe(shape.heuristic),
    expected: aSwitch,
  },
  foldEncodings: {
    name: "fold-encodings",
    summary:
      "make of Accept-Encoding what origins differ by (br, zstd, gzip, none), so that browsers share responses",
    byDefault: "true",
    read: yesOrNo.pipe(shape.foldEncodings),
    expected: aSwitch,
  },
  staleWhileRevalidate: {
    name: "stale-while-revalidate",
    argument: "TIME",
    summary: "serve a response stale for so long, and refresh it meanwhile, when it does not say itself",
    byDefault: "off",
    read: orOff(duration).pipe(shape.staleWhileRevalidate),
    expected: aLifetime,
  },
  staleIfError: {
    name: "stale-if-error",
    argument: "TIME",
    summary: "serve a response stale for so long when the origin fails, when it does not say itself",
    byDefault: "off",
    read: orOff(duration).pipe(shape.staleIfError),
    expected: aLifetime,
  },
  errorCap: {
    name: "error-cap",
    argument: "TIME",
    summary:
      "keep a response with a status of 400 or more fresh for no longer than this; off is as long as it says",
    defaultInWords: "10s for 400, 408, 413, 414, 431 and 5xx",
    read: z.union([z.literal("off"), duration]).pipe(shape.errorCap.unwrap()),
    expected: `${aDuration}, up to 10y, or off`,
  },
  ignoreCookies: {
    name: "ignore-cookies",
    argument: "NAMES",
    isList: true,
    summary:
      "these cookies tell nothing of who sends a request; * and ? stand for any characters, default for those of analytics and of consent banners",
    byDefault: "default",
    read: orOff(cookieNames).pipe(shape.ignoreCookies),
    expected: "names of cookies such as default,banner_*, or off",
  },
  strictSMaxage: {
    name: "strict-s-maxage",
    summary: "let s-maxage forbid stale use, also beside stale-while-revalidate or stale-if-error",
    byDefault: "false",
    read: yesOrNo.pipe(shape.strictSMaxage),
    expected: aSwitch,
  },
  targeted: {
    name: "targeted",
    argument: "FIELDS",
    isList: true,
    summary: "obey these response fields before Cache-Control, the first that is there",
    byDefault: "CDN-Cache-Control",
    read: orOff(targetedFields).pipe(shape.targeted),
    expected: "field names such as CDN-Cache-Control,Surrogate-Control, each ending in -Control, or off",
  },
  clientCacheControl: {
    name: "client-cache-control",
    argument: "HOW",
    summary: "honour or ignore what clients' Cache-Control and Pragma ask of the cache",
    byDefault: "honour",
    read: shape.clientCacheControl,
    expected: "honour or ignore",
  },
  storeUnframed: {
    name: "store-unframed",
    summary: "store bodies, too, of which only the end of the connection marks the end",
    byDefault: "false",
    read: yesOrNo.pipe(shape.storeUnframed),
    expected: aSwitch,
  },
  shareSetCookie: {
    name: "share-set-cookie",
    summary: "give a stored Set-Cookie to every client, where it goes to nobody but the one that caused it",
    byDefault: "false",
    read: yesOrNo.pipe(shape.shareSetCookie),
    expected: aSwitch,
  },
};
