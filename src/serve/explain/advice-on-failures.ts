import { type Advise, atOrigin, byOption, inFile, nothing, ofClient } from "./advice-parts.ts";

const repair: Advise = () => [
  atOrigin("The server answers with errors, or not at all. Look into its log, and whether it runs."),
];

const stale: Advise = () => [
  atOrigin(
    "The server fails. To have what is stored served meanwhile, for a day here, have it send, when it is well:",
    "Cache-Control: s-maxage=60, stale-if-error=86400",
  ),
];

/** The origin failed: what would bring it back, or have visitors not notice. */
export const adviceOnFailures = {
  "origin-refused": () => [
    atOrigin("Nothing listens at the origin's address. Is the server running?"),
    inFile("Or the address is another one: origins in the file, or --origin."),
  ],
  "origin-not-found": () => [
    inFile("The origin's name is unknown here. Is it spelt right, in origins of the file, or in --origin?"),
  ],
  "origin-untrusted": () => [
    byOption(
      "The server's certificate is not believed. If an authority of your own has signed it, name its file:",
      "--origin-ca authority.pem",
    ),
  ],
  "origin-timeout": () => [
    atOrigin("The server takes too long. Look what it does meanwhile."),
    byOption(
      "If it has to take longer than --origin-timeout says, 30s by itself, raise that; explain waits for 8s and no longer:",
      "--origin-timeout 120s",
    ),
  ],
  "origin-broken": repair,
  "origins-down": repair,
  "origin-error-of-others": repair,
  "no-descriptor": () => [
    byOption("Allow cacheproxy more open files: ulimit -n, or LimitNOFILE= of its systemd unit."),
  ],
  "unasked-not-modified": () => [
    atOrigin(
      "The server says 304, that what somebody has is still right, though nobody asked it that. It has to be repaired there.",
    ),
  ],
  offline: () => [
    byOption("cacheproxy is told to ask nobody. To have it ask again, start it with:", "--no-offline"),
  ],
  outage: repair,
  "hit-stale-if-error": repair,
  "error-no-stale-if-error": stale,
  "error-window-passed": stale,
  "error-must-revalidate": stale,
  "error-no-cache": stale,
  "error-request": () => [
    ofClient("The client wants an answer of the server, which fails. Others get what is stored."),
  ],
  "error-not-covered": nothing("such an answer is meant for visitors, and is passed on"),
  "client-left": nothing("the client did not wait for the answer"),
  "client-stalled": nothing("the client did not send all of its request"),
  "internal-error": () => [byOption("cacheproxy itself failed. Its log says how; please report it.")],
} as const satisfies Readonly<Record<string, Advise>>;
