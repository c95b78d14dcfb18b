import type { RuleSettings } from "./plan.ts";

/** Settings of a rule by what happens where it is in doubt whether the rule holds: see sites/path-forms. */
export interface Halves {
  /** Those with which the cache does less, or gives less away. */
  readonly cautious: RuleSettings;
  readonly permissive: RuleSettings;
}

export function halvesOf(settings: RuleSettings): Halves {
  const cautious: [string, unknown][] = [];
  const permissive: [string, unknown][] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) (isCautious(settings, name) ? cautious : permissive).push([name, value]);
  }
  return { cautious: Object.fromEntries(cautious), permissive: Object.fromEntries(permissive) };
}

function isCautious(settings: RuleSettings, name: string): boolean {
  switch (name as keyof RuleSettings) {
    case "deny":
    case "redirect":
    case "keyHeaders":
    case "maxLifetime":
      return true;
    case "pass":
      return settings.pass === true;
    case "cookies":
      return settings.cookies === "pass";
    case "store":
      return settings.store === false;
    case "heuristic":
      return settings.heuristic === false;
    // Nothing is kept for no time at all, or it is not used stale.
    case "lifetime":
      return settings.lifetime === 0;
    case "defaultLifetime":
      return settings.defaultLifetime === 0 || settings.defaultLifetime === "off";
    case "staleWhileRevalidate":
      return settings.staleWhileRevalidate === 0 || settings.staleWhileRevalidate === "off";
    case "staleIfError":
      return settings.staleIfError === 0 || settings.staleIfError === "off";
    default:
      return false;
  }
}
