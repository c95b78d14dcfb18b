import { loadSettings } from "../config/load.ts";
import type { Settings } from "../config/schema.ts";
import type { WrittenSettings } from "../config/written-settings.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a command that asks a cacheproxy has to know of it, as far as it can be known without the flags of its start. */
export async function settingsOfRunning(
  flags: WrittenSettings,
  surroundings: Surroundings,
): Promise<Settings> {
  return (await loadSettings({ ...surroundings, flags, isOfRunning: true })).settings;
}
