import { z } from "zod";
import { normalOrigin, rightOrigin } from "../origin-address.ts";
import { options } from "../options.ts";
import { presetNames } from "../presets.ts";
import { field, leaf, listOf, oneOf, table } from "./field.ts";
import { ruleSchema, settingFields } from "./rule-schema.ts";
import { aFile, aName, aSwitch, aTime } from "./values.ts";

const aHost = leaf(
  z
    .string()
    .regex(/^(\*\.)?[^\s/:*?#@[\]]+$|^\[[0-9A-Fa-f:.]+\]$/)
    .transform((text) => asciiHost(text))
    .pipe(z.string()),
  "a host without port, such as shop.example or *.shop.example",
);

const anOrigin = leaf(
  z
    .string()
    .transform((text) => normalOrigin(text))
    .pipe(z.string()),
  (written) => rightOrigin(typeof written === "string" ? written : ""),
  { type: "string" },
);

const aHealthPath = leaf(z.string().regex(/^\/[^\s#]*$/), "a path such as /healthz");

const anIndex = leaf(options.index.read.pipe(z.string()), "a file name such as index.html", {
  type: "string",
});

/** What a site says beside its rules. */
export const siteFields = {
  name: aName.describe("The word for it in logs, metrics, keys and purge."),
  hosts: field(
    listOf(aHost),
    "Hosts it answers for, *.shop.example for all beneath; without them every host.",
  ),
  origins: field(listOf(anOrigin), "The servers it stands before, all alike; without them that of --origin."),
  "origin-ca": field(aFile, "Believe https origins that these authorities vouch for, and no others (PEM)."),
  balance: field(
    oneOf("round-robin", "least-busy", "path"),
    "Which origin is asked: in turn, the one with the fewest requests, or the same for a path. round-robin unless said.",
  ),
  health: field(aHealthPath, "A path that is asked of each origin to see whether it is well."),
  "max-outage": field(
    aTime,
    "While all origins are down, stored responses stand in for so long, whatever they say.",
  ),
  preset: field(
    listOf(oneOf(...presetNames)),
    "Rules that come with the program, after what the site says itself.",
  ),
  "preserve-host": field(
    aSwitch,
    "Send the client's Host to the origin; each host has responses of its own.",
  ),
  index: field(anIndex, 'Ask for this file when a client asks for "/".'),
};

const siteOwnFields = { ...siteFields, ...settingFields };

/** A site without its rules. */
export const siteOwnSchema = table("a site", siteOwnFields);

/** A site as the file has it. */
export const siteSchema = table("a site", {
  ...siteOwnFields,
  rule: field(
    z.array(ruleSchema),
    "Rules, of which for each setting the first that holds and says it decides.",
  ),
});

export type WrittenSite = z.output<typeof siteOwnSchema>;

/** As browsers ask for it: lower case, other letters in Punycode. Undefined for what is no host. */
function asciiHost(text: string): string | undefined {
  const wildcard = text.startsWith("*.") ? "*." : "";
  const url = URL.parse(`http://${text.slice(wildcard.length)}/`);
  return url === null || url.hostname === "" ? undefined : wildcard + url.hostname;
}
