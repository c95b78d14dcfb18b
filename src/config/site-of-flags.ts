import type { RulePlan, RuleSettings, SitePlan } from "../sites/plan.ts";
import type { Settings } from "./schema.ts";

/** The one site there is without a file that names others: every host, before the origin of the flags. */
export function siteOfFlags(settings: Settings, presetRules: readonly RulePlan[]): SitePlan {
  return {
    name: "",
    hosts: [],
    origins: [settings.origin],
    originCa: settings.originCa,
    balance: "round-robin",
    preserveHost: settings.preserveHost,
    index: settings.index,
    settings: {},
    rules: [],
    presetRules,
  };
}

/**
 * Which options say the same as a setting of a rule, for all sites: here, and nowhere else. `--error-cap` is none of them:
 * it shortens what errors state, where `error-lifetime` also gives a lifetime to those that state none.
 */
export function topSettings(settings: Settings): RuleSettings {
  return {
    clientCacheControl: settings.clientCacheControl,
    foldEncodings: settings.foldEncodings,
    defaultLifetime: settings.defaultTtl,
    maxLifetime: settings.maxLifetime,
    heuristic: settings.heuristic,
    staleWhileRevalidate: settings.staleWhileRevalidate,
    staleIfError: settings.staleIfError,
  };
}
