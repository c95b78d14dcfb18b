import { checkRules } from "./check-rules.ts";
import type { Content } from "./content.ts";
import type { Path } from "./places.ts";
import type { Problem } from "./problem.ts";

/** What is wrong in a file though each of its values is right: sites that want the same, rules that can never decide. */
export function checkSites(content: Content): Problem[] {
  return [
    ...content.sites.flatMap((site, index) => checkRules(content, site, ["site", index])),
    ...sameNames(content),
    ...sameHosts(content),
    ...strangeAuthorities(content),
  ];
}

function sameNames({ document, sites }: Content): Problem[] {
  const lines = new Map<string, number>();
  return sites.flatMap(({ own }, index) => {
    if (own === undefined) return [];
    const position = document.places.valueAt(["site", index, "name"]);
    const line = lines.get(own.name);
    lines.set(own.name, line ?? position.line);
    if (line === undefined) return [];
    const text = `there are two sites ${own.name}, one in line ${line}; each should have a name of its own`;
    return [{ position, text }];
  });
}

/** Each host belongs to one site, and all that nobody names to one without hosts. */
function sameHosts({ document, sites }: Content): Problem[] {
  const owners = new Map<string, { readonly name: string; readonly line: number }>();
  return sites.flatMap(({ own }, index) => {
    if (own === undefined) return [];
    const claimed = own.hosts?.map((host, place): [string, Path] => [host, ["hosts", place]]) ?? [["", []]];
    return claimed.flatMap(([host, path]) => {
      const position = document.places.valueAt(["site", index, ...path]);
      const owner = owners.get(host);
      if (owner === undefined) owners.set(host, { name: own.name, line: position.line });
      if (owner === undefined || owner.name === own.name) return [];
      const whose = `site ${owner.name} (line ${owner.line})`;
      const text =
        host === ""
          ? `site ${own.name} has no hosts, as ${whose} has none; one site at the most should be for every host`
          : `host ${host} is that of ${whose}, too; it should be in one site`;
      return [{ position, text }];
    });
  });
}

function strangeAuthorities({ document, sites }: Content): Problem[] {
  return sites.flatMap(({ own }, index) => {
    if (own?.["origin-ca"] === undefined || own.origins === undefined) return [];
    if (own.origins.some((origin) => origin.startsWith("https:"))) return [];
    const position = document.places.valueAt(["site", index, "origin-ca"]);
    return [{ position, text: "origin-ca is for origins that speak TLS; one should begin with https://" }];
  });
}
