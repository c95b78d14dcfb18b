import { options } from "./options.ts";
import { originAddress, originName } from "./origin-address.ts";
import type { RedirectPlan } from "../sites/plan.ts";
import type { ListenAddress } from "./schema.ts";
import { writtenListen } from "./written-addresses.ts";

/** Values as the operator would write them, for lines that tell of them. */

const times: ReadonlySet<string> = new Set([
  ...[
    "grace",
    "takeover",
    "originTimeout",
    "originIdleTimeout",
    "collapseWait",
    "websocketIdle",
    "defaultTtl",
    "errorCap",
  ],
  ...["maxLifetime", "staleWhileRevalidate", "staleIfError", "lifetime", "defaultLifetime", "errorLifetime"],
  "maxOutage",
]);
const sizes: ReadonlySet<string> = new Set(["memory", "disk", "maxObject", "rangeFill"]);

/** "defaultLifetime" is written "default-lifetime". */
export function writtenName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function optionInWords(name: keyof typeof options, value: unknown): string {
  if (name === "listen") return (value as readonly ListenAddress[]).map(writtenListen).join(", ");
  return options[name].isSecret && value !== undefined ? "a secret" : settingInWords(name, value);
}

/** Of an option, of a setting of a rule or of a site, of a condition. */
export function settingInWords(name: string, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "nothing";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return numberInWords(name, value);
  if (typeof value === "string") return name === "origin" ? originInWords(value) : value;
  if (name === "redirect") return redirectInWords(value as RedirectPlan);
  if (!Array.isArray(value)) return fieldsInWords(name, Object.entries(value as object));
  const parts = name === "origins" ? value.map(originInWords) : value;
  return parts.length > mostParts ? `${parts.slice(0, mostParts).join(", ")} and others` : parts.join(", ");
}

const mostParts = 6;

function numberInWords(name: string, value: number): string {
  if (times.has(name)) return timeInWords(value);
  return sizes.has(name) ? sizeInWords(value) : String(value);
}

/** Without the credentials that may be in it. */
function originInWords(text: string): string {
  const address = originAddress(text);
  return address === undefined ? "none" : originName(address);
}

function redirectInWords(redirect: RedirectPlan): string {
  return "status" in redirect ? `${redirect.to} with ${redirect.status}` : redirect.to;
}

/** Values of fields that are set, or that a client has to know, may be secrets: their names are told. */
function fieldsInWords(name: string, entries: readonly (readonly [string, unknown])[]): string {
  const isSecret = /^(header|setRequest|setResponse)$/.test(name);
  const said = entries.filter(([, value]) => value !== undefined);
  return said.map(([key, value]) => (isSecret ? key : `${key} ${settingInWords(key, value)}`)).join(", ");
}

const unitsOfTime = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** In the largest unit of which it is a whole number. */
export function timeInWords(milliseconds: number): string {
  const unit = unitsOfTime.find(([, length]) => milliseconds > 0 && milliseconds % length === 0);
  return unit === undefined ? `${milliseconds}ms` : `${milliseconds / unit[1]}${unit[0]}`;
}

const unitsOfSize = [
  ["GB", 1_073_741_824],
  ["MB", 1_048_576],
  ["KB", 1_024],
] as const;

export function sizeInWords(bytes: number): string {
  const unit = unitsOfSize.find(([, length]) => bytes > 0 && bytes % length === 0);
  return unit === undefined ? `${bytes}B` : `${bytes / unit[1]}${unit[0]}`;
}
