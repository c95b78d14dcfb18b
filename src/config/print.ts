import type { Conditions, RulePlan, RuleSettings, SitePlan } from "../sites/plan.ts";
import { kebabCase } from "./file/camel-keys.ts";
import { type Document, writtenAt } from "./file/document.ts";
import type { Path } from "./file/places.ts";
import type { Loaded } from "./load.ts";
import { type OptionName, optionNames, options } from "./options.ts";
import { withoutCredentials } from "./origin-address.ts";
import { presetOf } from "./preset-rules.ts";
import { durationText, tomlKey, tomlText } from "./toml-text.ts";

/** A line of what is printed: a value, and where it comes from. */
interface Line {
  readonly text: string;
  readonly from: string;
}

/** Everything resolved, as TOML, each value with where it comes from; credentials and secrets are hidden. */
export function printed(loaded: Loaded): string {
  const blocks = [
    optionLines(loaded),
    ...certificateBlocks(loaded),
    ...loaded.plan.sites.flatMap((site, index) => siteBlocks(loaded, site, index)),
  ];
  return `${blocks.map(aligned).join("\n\n")}\n`;
}

function aligned(lines: readonly Line[]): string {
  const width = Math.min(60, Math.max(...lines.map(({ text }) => text.length)));
  return lines.map(({ text, from }) => `${text.padEnd(width)}  # ${from}`).join("\n");
}

/** Those of one site are left to the sites, where the file has some. */
function optionLines(loaded: Loaded): Line[] {
  const hasSites = (loaded.content?.sites.length ?? 0) > 0;
  const hidden = new Set<OptionName>(["configFile", ...(hasSites ? ofOneSite : [])]);
  if (loaded.written.listen !== undefined) for (const name of ["port", "host"] as const) hidden.add(name);
  return optionNames.flatMap((name) => {
    const written = loaded.written[name];
    if (written === undefined || hidden.has(name)) return [];
    return [line(options[name].name, optionValue(loaded, name, written.text), fromOf(loaded, name))];
  });
}

const ofOneSite: readonly OptionName[] = ["origin", "originCa", "preset", "preserveHost", "index"];

function optionValue({ settings }: Loaded, name: OptionName, text: string): unknown {
  const { argument, isNumber, isList, isSecret } = options[name];
  if (isSecret) return "***";
  if ((name === "trust" || name === "purgeFrom") && text !== "off") return settings[name];
  if (argument === undefined) return text === "true";
  if (isNumber) return Number(text);
  if (isList && text !== "off") return text.split(",").map((part) => part.trim());
  return withoutCredentials(text);
}

/** "--port", "CACHEPROXY_PORT", "cacheproxy.toml:3" or "default". */
function fromOf({ written, content }: Loaded, name: OptionName): string {
  const where = written[name]?.where ?? "default";
  if (content === undefined || !where.startsWith(`${content.document.name}:`)) return where;
  return lineOf(content.document, [options[name].name]);
}

function certificateBlocks(loaded: Loaded): Line[][] {
  const { content } = loaded;
  if (content === undefined) return [];
  return content.certificates.map(({ cert, key }, index) => {
    const path: Path = ["certificate", index];
    return [
      { text: "[[certificate]]", from: lineOf(content.document, path) },
      line("cert", cert, lineOf(content.document, [...path, "cert"])),
      line("key", key, lineOf(content.document, [...path, "key"])),
    ];
  });
}

function siteBlocks(loaded: Loaded, site: SitePlan, index: number): Line[][] {
  const { content, settings } = loaded;
  const own = content?.sites[index]?.own;
  const document = own === undefined ? undefined : content?.document;
  const path: Path = ["site", index];
  const head = document === undefined ? "the options above" : lineOf(document, path);
  const presets = own?.preset ?? settings.preset ?? [];
  const presetRules = presets.flatMap((name) => {
    const preset = presetOf(name);
    return preset.rules.map((rule, place) => ruleLines(rule, preset.document, ["rule", place]));
  });
  return [
    [{ text: "[[site]]", from: head }, ...siteLines(loaded, site, document, path)],
    ...site.rules.map((rule, place) =>
      document === undefined ? [] : ruleLines(rule, document, [...path, "rule", place]),
    ),
    ...presetRules,
  ];
}

function siteLines(loaded: Loaded, site: SitePlan, document: Document | undefined, path: Path): Line[] {
  const { name: ownName, hosts, origins, originCa, balance, health, maxOutage, preserveHost, index } = site;
  const values = {
    name: ownName || undefined,
    hosts: hosts.length > 0 ? hosts : undefined,
    origins: origins.map(withoutCredentials),
    originCa,
    balance,
    health,
    maxOutage: maxOutage === undefined ? undefined : durationText(maxOutage),
    preserveHost,
    index,
    ...settingTexts(site.settings),
  };
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const key = kebabCase(name);
    const isSaid = document !== undefined && writtenAt(document, [...path, key]) !== undefined;
    const option = optionBehind.get(name);
    const otherwise = option === undefined ? "default" : fromOf(loaded, option);
    return [line(key, value, isSaid ? lineOf(document, [...path, key]) : otherwise)];
  });
}

/** Which option stands for what a site does not say. */
const optionBehind = new Map<string, OptionName>([
  ["origins", "origin"],
  ["originCa", "originCa"],
  ["preserveHost", "preserveHost"],
  ["index", "index"],
]);

function ruleLines(rule: RulePlan, document: Document, path: Path): Line[] {
  const values = {
    if: rule.if && conditionTexts(rule.if),
    unless: rule.unless && conditionTexts(rule.unless),
    ...settingTexts(rule.settings),
  };
  const lines = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [line(kebabCase(name), value, lineOf(document, [...path, kebabCase(name)]))],
  );
  const head = lineOf(document, path);
  return [{ text: "[[site.rule]]", from: head }, line("name", rule.name, head), ...lines];
}

function conditionTexts({ headerOut, ...others }: Conditions): object {
  return headerOut === undefined ? others : { ...others, "header-out": headerOut };
}

/** Settings as people write them. */
function settingTexts({ redirect, ...settings }: RuleSettings): Record<string, unknown> {
  const texts = Object.entries(settings).map(([name, value]) => [
    name,
    typeof value === "number" && name !== "deny" ? durationText(value) : value,
  ]);
  return { redirect: redirect?.to === "https" ? redirect.to : redirect, ...Object.fromEntries(texts) };
}

function line(name: string, value: unknown, from: string): Line {
  return { text: `${tomlKey(name)} = ${tomlText(value)}`, from };
}

function lineOf({ name, places }: Document, path: Path): string {
  return `${name}:${places.keyAt(path).line}`;
}
