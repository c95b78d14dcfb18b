import { type Loaded, loadSettings } from "../../../src/config/load.ts";
import type { WrittenSettings } from "../../../src/config/written-settings.ts";
import type { Advice } from "../../../src/control/explanation.ts";

/** A configuration as an operator has it, and a response as an origin gives it: what advice is about. */
export interface Scene {
  /** Lines of the file before and after the place where rules of the site begin. */
  readonly site: string;
  readonly rules: string;
  readonly flags: WrittenSettings;
  readonly response: Readonly<Record<string, string>>;
}

/** Does as the advice says, as somebody would who copies it. */
export function heeding(scene: Scene, { where, copy }: Advice): Scene {
  if (copy === null) throw new Error("there is nothing to be copied");
  switch (where) {
    case "origin": {
      const [, name = "", value = ""] = /^([^:]+): (.*)$/.exec(copy) ?? [];
      return { ...scene, response: { ...scene.response, [name.toLowerCase()]: value } };
    }
    case "file":
      return { ...scene, site: `${scene.site}\n${copy}\n` };
    case "option": {
      const [, flag = "", text = "true"] = /^--(\S+)(?: (.*))?$/.exec(copy) ?? [];
      const name = flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return { ...scene, flags: { ...scene.flags, [name]: { where: `--${flag}`, text } } };
    }
    default:
      throw new Error(`nobody copies what is for ${where}`);
  }
}

/** By the code that reads files and flags when cacheproxy starts. */
export function loaded({ site, rules, flags }: Scene): Promise<Loaded> {
  const text = `${site}\n${rules}`;
  return loadSettings({
    flags: { ...flags, configFile: { where: "--config", text: "cacheproxy.toml" } },
    environment: {},
    machine: { platform: "linux", cores: 1, terminal: false },
    readFile: async () => text,
  });
}
