import { type Loaded, loadSettings } from "../../../src/config/load.ts";
import type { WrittenSettings } from "../../../src/config/written-settings.ts";
import type { Advice, ExplainRequest, Explanation } from "../../../src/control/explanation.ts";
import type { Framing } from "../../../src/rules/exchange.ts";
import { judge } from "../../../src/worker/judge.ts";

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

export const noSite: Scene = { site: "", rules: "", flags: {}, response: {} };
export const withOrigin: Scene = {
  ...noSite,
  flags: { origin: { where: "--origin", text: "http://name:secret@127.0.0.1:9/app" } },
};
export const shop: Scene = {
  ...noSite,
  site: '[[site]]\nname = "shop"\nhosts = ["shop.example"]\norigins = ["http://127.0.0.1:1"]\n',
  rules: '[[site.rule]]\nname = "other"\nif = { path = "/other/**" }\nlifetime = "1h"\n',
};

export const now = Date.UTC(2026, 0, 1, 12);
export const httpDate = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toUTCString();
export const html = { "content-type": "text/html" };

export function requestOf(target: string, fields: ExplainRequest["fields"] = []): ExplainRequest {
  return { url: `http://shop.example${target}`, method: "GET", fields, from: null, fetch: true };
}

export interface Shown {
  readonly response: Readonly<Record<string, string>>;
  readonly status?: number;
  readonly framing?: Framing;
  readonly request?: ExplainRequest["fields"];
  readonly target?: string;
  /** What the operator has said already. */
  readonly rules?: string;
  /** The fields that are obeyed before Cache-Control, as an option has them. */
  readonly targeted?: string;
}

/** What is said of a response by the configuration. */
export async function judged(scene: Scene, shown: Shown): Promise<Explanation> {
  const { status = 200, framing = "length", request, target = "/blog/post?page=2" } = shown;
  const fields = Object.entries(scene.response);
  return await judge(await loaded(scene), requestOf(target, request), { status, framing, fields }, now);
}
