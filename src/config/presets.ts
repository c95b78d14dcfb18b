import staticSite from "./presets/static.toml" with { type: "text" };

/** The text of each preset, by its name: a line here for each file in presets/. */
export const presetTexts: ReadonlyMap<string, string> = new Map<string, string>([["static", staticSite]]);

export const presetNames: readonly string[] = [...presetTexts.keys()];
