import type { Report, Split, Suspect } from "../../control/report.ts";
import { advised, urlList } from "./advice-markup.ts";
import { bar } from "./charts.ts";
import { type Markup, markup, type Part } from "./markup.ts";
import { lookedInWords, requestsInWords, splitInWords } from "./stored-words.ts";
import { groupsOf, type SuspectGroup, whoseAdvice } from "./suspect-groups.ts";

export function splitSection({ stored }: Report): Part {
  if (stored.splits.length === 0) return null;
  const most = Math.max(...stored.splits.map(({ copies }) => copies));
  return markup`<section aria-labelledby="splits">
<h2 id="splits">Stored many times</h2>
<p class="dim">${lookedInWords(stored)}</p>
${stored.splits.map((split) => oneSplit(split, most))}
</section>`;
}

function oneSplit(split: Split, most: number): Markup {
  const { host, path, copies, values, advice } = split;
  const such = values.length === 0 ? null : markup`<p class="dim url">such as ${values.join(", ")}</p>`;
  return markup`<article><h3 class="url">${host}${path}</h3>${bar("avoidable", copies, most)}
<p>${splitInWords(split)}</p>${such}${advised(advice)}</article>`;
}

export function suspectSection(title: string, suspects: readonly Suspect[]): Part {
  if (suspects.length === 0) return null;
  return markup`<section><h2>${title}</h2>${groupsOf(suspects).map(oneGroup)}</section>`;
}

function oneGroup(group: SuspectGroup): Markup {
  const { suspects, signs, advice } = group;
  const whose = whoseAdvice(group);
  return markup`<article>${urlList(suspects.map(({ url, requests }) => `${url} (${requestsInWords(requests)})`))}
<p class="dim">${signs.join("; ")}</p>${whose === "" ? null : markup`<p>${whose}</p>`}${advised(advice)}</article>`;
}
