import { z } from "zod";

/** Times that end up in a timer fit in 31 bits of milliseconds: at most a day is asked for here. */
const DAY = 86_400_000;
const MEGABYTE = 1_048_576;

/** How something is written that is to be shown and not to be guessed. */
export const secretForm = /^[!-~]{16,256}$/;

const timerMilliseconds = z.int().min(0).max(DAY);
const lifetimeMilliseconds = z
  .int()
  .min(1000)
  .max(3653 * DAY);
const bytes = z.int().min(MEGABYTE).max(Number.MAX_SAFE_INTEGER);

/** For no message and no log. */
const secret = z.string().regex(secretForm);

/** Where clients may come from; a socket of the file system speaks plain HTTP. */
const listenAddress = z.union([
  z.object({
    kind: z.literal("tcp"),
    scheme: z.enum(["http", "https"]),
    /** An address or a name of this machine, without brackets. */
    host: z.string().min(1),
    port: z.int().min(1).max(65_535),
    /** It is what `--port` and `--host` say, and is told by these names. */
    isShort: z.boolean().optional(),
  }),
  z.object({ kind: z.literal("unix"), path: z.string().min(1) }),
]);
export type ListenAddress = Readonly<z.infer<typeof listenAddress>>;
export type TcpAddress = Extract<ListenAddress, { readonly kind: "tcp" }>;

/** PEM files that belong together. */
const certificate = z.object({ cert: z.string().min(1), key: z.string().min(1) });
export type CertificateFiles = Readonly<z.infer<typeof certificate>>;

/**
 * Everything the operator decides of the processes, as one flat object after validation. Sizes are bytes, durations
 * milliseconds. What is said of sites is the plan: see sites/plan.
 */
export const settingsSchema = z.object({
  /** The file that was read, if any. */
  configFile: z.string().min(1).optional(),
  /** All of them. Without `--listen` it is the one that port and host are the short form of. */
  listen: z.array(listenAddress).min(1),
  /** Where `--listen` is said, port and host are those of its first network address. */
  port: z.int().min(1).max(65_535),
  /** An address or a name of this machine, without brackets. */
  host: z.string().min(1),
  /** Networks whose clients are believed what they say of those they speak for; named lists are resolved. */
  trust: z.array(z.string().min(1)),
  /** Serve what is stored and ask no origin. */
  offline: z.boolean(),
  /** Read the files anew when they change. */
  watch: z.boolean(),
  /** See config/origin-address. It may hold credentials: for no eyes but those of `originAddress`. */
  origin: z.string().min(1),
  /** A PEM file; only with an https origin. */
  originCa: z.string().min(1).optional(),
  /** That of tls-cert and tls-key first, then those of the file; which one a client gets is decided by the name it asks for. */
  certificates: z.array(certificate),
  /** PEM files; both or none. With them the port speaks TLS: HTTP/1.1 and HTTP/2. */
  tlsCert: z.string().min(1).optional(),
  tlsKey: z.string().min(1).optional(),
  /** HTTP/3, too, on the UDP port of the same number. */
  http3: z.boolean(),
  workers: z.int().min(1).max(256),
  /** How long requests in flight may take to finish after a signal to stop. */
  grace: timerMilliseconds,
  /** How long the start waits for another cacheproxy that is stopping. */
  takeover: timerMilliseconds,
  /** Until the origin's answer begins, from when it has all that has come of the request. */
  originTimeout: timerMilliseconds.min(1),
  /** Between two parts of the origin's answer. */
  originIdleTimeout: timerMilliseconds.min(1),
  /** How long a request waits for the head of the answer that another one for the same has asked for. */
  collapseWait: timerMilliseconds.min(1),
  /** A WebSocket on which nothing has come from either side for so long is closed; absent: never for that. */
  websocketIdle: timerMilliseconds.min(1000).optional(),
  /** Presets of the one site that is made of the flags. */
  preset: z.array(z.string().min(1)).optional(),
  preserveHost: z.boolean(),
  /** What becomes of request fields whose names have more than letters, digits and hyphens. */
  underscoreFields: z.enum(["drop", "keep"]),
  /** What "/" asks the origin for, without a leading slash. */
  index: z.string().min(1).optional(),
  /** The freshness lifetime of a response that states none; at least a second. */
  defaultTtl: lifetimeMilliseconds.optional(),
  /** No lifetime is longer. */
  maxLifetime: lifetimeMilliseconds.optional(),
  /** Whether a lifetime may be guessed from Last-Modified. */
  heuristic: z.boolean(),
  /** Accept-Encoding becomes the codings that origins have. */
  foldEncodings: z.boolean(),
  /** Windows for responses that say nothing of them (RFC 5861); at least a second. */
  staleWhileRevalidate: lifetimeMilliseconds.optional(),
  staleIfError: lifetimeMilliseconds.optional(),
  /** s-maxage forbids stale use, also beside a stale-while-revalidate or stale-if-error of the response's own. */
  strictSMaxage: z.boolean(),
  /** What errors state is shortened to this; "off" leaves it; undefined is as rules/error-cap says. */
  errorCap: z
    .union([
      z.literal("off"),
      z
        .int()
        .min(0)
        .max(3653 * DAY),
    ])
    .optional(),
  /** Names of cookies that are no business of the origin, with * and ?; "default" stands for the usual ones. */
  ignoreCookies: z.array(z.string().min(1)).optional(),
  /** Fields that go before Cache-Control, the first that is there counts (RFC 9213); lower-case names. */
  targeted: z.array(z.string().min(1)).optional(),
  /** Whether a client's Cache-Control and Pragma may make the cache ask the origin. */
  clientCacheControl: z.enum(["honour", "ignore"]),
  storeUnframed: z.boolean(),
  /** A stored Set-Cookie goes to every client. */
  shareSetCookie: z.boolean(),
  /** For all workers together. */
  memory: bytes,
  cacheDir: z.string().min(1),
  disk: bytes,
  /** Stored bodies, one file each. */
  maxFiles: z.int().min(100).max(1_000_000_000),
  /** A larger body streams through and is not stored. */
  maxObject: bytes,
  /** The whole of what is no larger is fetched when a range is asked for; of larger things the range. */
  rangeFill: z.int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  /** What becomes of a body on its way into the cache that no client waits for any more. */
  onAbort: z.enum(["finish", "drop"]),
  /** Stored responses under one key; beyond it those that were not used go first. */
  maxVariants: z.int().min(1).max(1000),
  /** Shows clients the cache key, in Cache-Status. */
  cacheStatusKey: z.boolean(),
  /** Networks whose clients may purge on the port where visitors come; named lists are resolved. */
  purgeFrom: z.array(z.string().min(1)),
  /** What they have to show, if anything: a secret, for no message and no log. */
  purgeToken: secret.optional(),
  /** A GET of what is below it purges the rest of the path. It has no slash at its end. */
  purgePath: z
    .string()
    .regex(/^(?!.*\/\/)\/[!-~]*[!-.0-~]$/)
    .regex(/^[^?#]+$/)
    .optional(),
  /** Fields that name what is purged together go to clients, too: see rules/tags. */
  keepTags: z.boolean(),
  log: z.enum(["pretty", "json", "combined", "common", "off"]),
  /** Where these lines go; absent: to standard output. */
  logFile: z.string().min(1).optional(),
  /** One request in so many has a line; those that ended in an error have one each. */
  logSample: z.int().min(1).max(1_000_000),
  /** What cacheproxy says of itself goes to standard error, from this on. */
  logLevel: z.enum(["error", "warn", "info"]),
  /** "127.0.0.1:9090"; the admin app always listens on a socket in the cache directory too. */
  admin: z.string().min(1).optional(),
  /** What is to be shown there, for all that is not open; a secret. Undefined: that of a file in the cache directory. */
  adminToken: secret.optional(),
  /** What anybody may read there. */
  adminOpen: z.array(z.enum(["healthz", "readyz", "metrics"])),
});

export type Settings = Readonly<z.infer<typeof settingsSchema>>;
