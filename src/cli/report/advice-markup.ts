import type { Advice } from "../../control/explanation.ts";
import { type Markup, markup, type Part } from "./markup.ts";

/** What could be changed, with what is to be copied as it would be written. */
export function advised(advice: readonly Advice[]): Markup[] {
  return advice.map(({ text, copy }) => markup`<p>${text}</p>${copy === null ? null : copied(copy)}`);
}

/** It can be scrolled by keys. */
function copied(text: string): Markup {
  const lines = text.split("\n").map((line, place) => markup`${place === 0 ? "" : newline}${line}`);
  return markup`<pre tabindex="0">${lines}</pre>`;
}

const newline = markup`
`;

/** URLs that are shown of many. */
const mostUrls = 10;

export function urlList(urls: readonly string[]): Part {
  if (urls.length === 0) return null;
  const more = urls.length - mostUrls;
  return markup`<ul class="urls">${urls.slice(0, mostUrls).map((url) => markup`<li>${url}</li>`)}</ul>${
    more > 0 ? markup`<p class="dim">and ${more} more</p>` : null
  }`;
}
