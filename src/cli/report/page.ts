import { readableBytes, readableCount, readableShare, readableWait } from "../../control/amounts.ts";
import type { Cause, SiteTotals } from "../../control/cacheability.ts";
import type { Change, Report } from "../../control/report.ts";
import { advised, urlList } from "./advice-markup.ts";
import { bar, stackedBar } from "./charts.ts";
import { Markup, markup, type Part } from "./markup.ts";
import { style } from "./page-style.ts";
import {
  avoidableCauses,
  nameOf,
  ofSite,
  savingInWords,
  type Share,
  sharesOf,
  unavoidableCauses,
} from "./shares.ts";
import { splitSection, suspectSection } from "./stored-markup.ts";
import { problemInWords } from "./stored-words.ts";
import { timeOf } from "./times.ts";

/** Nothing but its own style may act in the page, and it asks nobody for anything. */
const policy = `default-src 'none'; style-src 'sha256-${new Bun.CryptoHasher("sha256").update(style).digest("base64")}'`;

/** The report as one page, which needs nothing else: no script, no other file. */
export function reportAsPage(report: Report): string {
  return markup`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What could be hits, and is not · cacheproxy</title>
<style>${new Markup(style)}</style>
<header>
<h1>What could be hits, and is not</h1>
<p class="dim">${timeOf(report)}</p>
</header>
<main>
${[shares(report), sites(report), causes(report), changes(report), problemOf(report), splitSection(report)]}
${suspectSection("Looks personal, and is given to everybody", report.stored.personal)}
${suspectSection("Looks public, and is not stored", report.unstored)}
</main>
<footer><p>A request could have been a hit if the same target had been asked for before, of late, and something can be
changed about it. Waiting is until the first byte, of all clients together. 1 kB is 1024 bytes.</p></footer>
</html>
`.text;
}

function problemOf({ storedProblem }: Report): Part {
  return storedProblem === null ? null : markup`<section><p>${problemInWords(storedProblem)}</p></section>`;
}

function shares(report: Report): Part {
  const { requests, bytes, parts } = sharesOf(report);
  if (requests === 0) return markup`<section><p>There was no request in this time.</p></section>`;
  const rows = parts.map(
    (part) => markup`<tr><td><span class="key ${part.kind}"></span>${part.name}</td>
<td class="number">${readableCount(part.requests)}</td><td class="number">${readableShare(part.requests, requests)}</td>
<td class="number">${readableBytes(part.bytes)}</td><td class="number">${readableShare(part.bytes, bytes)}</td></tr>`,
  );
  return markup`<section aria-labelledby="shares">
<h2 id="shares">What the requests were</h2>
<p class="dim">${readableCount(requests)} requests</p>
${stackedBar("Requests", parts, (part) => part.requests)}
<p class="dim">${readableBytes(bytes)} in their answers</p>
${stackedBar("Bytes", parts, (part) => part.bytes)}
${table("What the requests were", ["", "#requests", "#share", "#bytes", "#share"], rows)}
${cannot(report)}
</section>`;
}

function cannot(report: Report): Part {
  const told = unavoidableCauses(report).map(({ name, requests }) => `${name} ${readableCount(requests)}`);
  return told.length === 0 ? null : markup`<p class="dim">Cannot be hits: ${told.join(", ")}.</p>`;
}

function sites({ totals }: Report): Part {
  if (totals.length < 2) return null;
  const rows = totals.map(
    (
      site,
    ) => markup`<tr><td>${site.site}</td><td class="chart">${stackedBar("Requests", partsOf(site), (part) => part.requests)}</td>
<td class="number">${readableCount(site.requests)}</td><td class="number">${readableShare(site.hits, site.requests)}</td>
<td class="number">${readableBytes(site.bytes)}</td><td class="number">${readableShare(site.hitBytes, site.bytes)}</td></tr>`,
  );
  return markup`<section aria-labelledby="sites">
<h2 id="sites">Sites</h2>
${table("Sites", ["site", "", "#requests", "#hits", "#bytes", "#hits"], rows)}
</section>`;
}

function partsOf({ requests, hits, bytes, hitBytes }: SiteTotals): readonly Share[] {
  return [
    { name: "hits", kind: "hit", requests: hits, bytes: hitBytes },
    { name: "no hits", kind: "unavoidable", requests: requests - hits, bytes: bytes - hitBytes },
  ];
}

function causes(report: Report): Part {
  const told = avoidableCauses(report);
  if (sharesOf(report).requests === 0) return null;
  const possible = told.reduce((sum, { avoidable }) => sum + avoidable.requests, 0);
  const none = markup`<p>All that could be hits were hits.</p>`;
  return markup`<section aria-labelledby="causes">
<h2 id="causes">Why they were no hits</h2>
${told.length === 0 ? none : told.map((cause) => oneCause(cause, possible, report))}
</section>`;
}

/** The bar is of all that could be hits. */
function oneCause(
  { site, forwarded, reason, avoidable, sentences, targets, advice }: Cause,
  possible: number,
  report: Report,
): Markup {
  const share = readableShare(avoidable.requests, sharesOf(report).requests);
  return markup`<details><summary><b>${ofSite(site, report, nameOf({ forwarded, reason }))}</b>
<span class="amounts">${readableCount(avoidable.requests)} could be hits, ${share} of all, ${readableBytes(avoidable.bytes)},
${readableWait(avoidable.milliseconds)} of waiting</span>
${bar("avoidable", avoidable.requests, possible)}</summary>
${sentences.map((text) => markup`<p class="dim">${text}</p>`)}${advised(advice)}${urlList(targets.map(({ url }) => url))}</details>`;
}

function changes(report: Report): Part {
  if (report.changes.length === 0) return null;
  return markup`<section aria-labelledby="changes">
<h2 id="changes">What to change, what saves most first</h2>
<ol class="changes">${report.changes.map((change) => oneChange(change, report))}</ol>
</section>`;
}

function oneChange(change: Change, report: Report): Markup {
  const { saves, matches, site, urls } = change;
  return markup`<li><article><h3>${ofSite(site, report, `${matches} (${nameOf(change)})`)}</h3>
${bar("avoidable", saves.requests, report.avoidable.requests)}
<p>${savingInWords(change, report)}</p>
${advised([change])}${urlList(urls)}</article></li>`;
}

/** A heading that begins with # is of numbers. */
function table(label: string, headings: readonly string[], rows: readonly Markup[]): Markup {
  const cells = headings.map((heading) =>
    heading.startsWith("#")
      ? markup`<th scope="col" class="number">${heading.slice(1)}</th>`
      : heading === ""
        ? markup`<td></td>`
        : markup`<th scope="col">${heading}</th>`,
  );
  return markup`<div class="wide" role="region" aria-label="${label}" tabindex="0"><table><thead><tr>${cells}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
