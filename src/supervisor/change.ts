import { options } from "../config/options.ts";
import type { Settings } from "../config/schema.ts";
import type { Configuration } from "./configuration.ts";

/** What has to be done for a new configuration to act, beside telling the workers of it. */
export type Need = "workers" | "keeper";

export interface Change {
  /** What is wanted, but for what cannot change while cacheproxy runs. */
  readonly configuration: Configuration;
  readonly needs: ReadonlySet<Need>;
  /** One line for each thing that stays as it is. */
  readonly notices: readonly string[];
}

/**
 * Where each setting acts: "now" in the workers and the supervisor as they run; with other "workers"; with another
 * "keeper" of the disk, and other workers, which reckon with the same; at the next "start".
 */
const whereItActs: Readonly<Record<keyof Settings, "now" | Need | "start">> = {
  configFile: "now",
  listen: "workers",
  port: "workers",
  host: "workers",
  trust: "workers",
  offline: "now",
  watch: "now",
  origin: "now",
  originCa: "now",
  certificates: "workers",
  tlsCert: "workers",
  tlsKey: "workers",
  http3: "workers",
  workers: "workers",
  grace: "now",
  takeover: "now",
  originTimeout: "now",
  originIdleTimeout: "now",
  collapseWait: "workers",
  websocketIdle: "now",
  preset: "now",
  preserveHost: "now",
  underscoreFields: "now",
  index: "now",
  defaultTtl: "now",
  maxLifetime: "now",
  heuristic: "now",
  foldEncodings: "now",
  staleWhileRevalidate: "now",
  staleIfError: "now",
  strictSMaxage: "now",
  errorCap: "now",
  ignoreCookies: "now",
  targeted: "now",
  clientCacheControl: "now",
  storeUnframed: "now",
  shareSetCookie: "now",
  memory: "workers",
  cacheDir: "start",
  disk: "keeper",
  maxFiles: "keeper",
  maxObject: "now",
  rangeFill: "now",
  onAbort: "now",
  maxVariants: "keeper",
  cacheStatusKey: "now",
  purgeFrom: "now",
  purgeToken: "now",
  purgePath: "now",
  keepTags: "now",
  log: "start",
  logFile: "start",
  logSample: "workers",
  logLevel: "start",
  admin: "start",
  adminToken: "now",
  adminOpen: "now",
};

/** Settings that tell where the processes meet, or have been settled by the start. */
type Fixed = "cacheDir" | "log" | "logFile" | "logLevel" | "admin";

export function changeOf(before: Configuration, wanted: Configuration): Change {
  const changed = (Object.keys(whereItActs) as (keyof Settings)[]).filter(
    (name) => !Bun.deepEquals(before.settings[name], wanted.settings[name]),
  );
  const fixed = changed.filter((name) => whereItActs[name] === "start") as Fixed[];
  const kept = Object.fromEntries(fixed.map((name) => [name, before.settings[name]]));
  const acting = new Set(changed.map((name) => whereItActs[name]));
  const needs = new Set<Need>();
  if (acting.has("keeper")) needs.add("keeper");
  if (acting.has("keeper") || acting.has("workers")) needs.add("workers");
  return {
    configuration: { settings: { ...wanted.settings, ...kept }, plan: wanted.plan },
    needs,
    notices: fixed.map((name) => `${options[name].name} changes at the next start`),
  };
}
