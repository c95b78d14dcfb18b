import { z } from "zod";
import { chapterIn, commandsOf, type ShownCommand, startWhyShop, type WhyShop } from "./why-shop.ts";

/** What visitors of the chapter "See into it" have asked for, beside those of the next chapter. */
const visits = ["/welcome", "/blog/1", "/cart", "/gone"] as const;

/** What they ask for again before somebody has a report made. */
const returns: readonly (readonly [target: string, fields: Readonly<Record<string, string>>])[] = [
  ...["/blog/1", "/blog/2", "/blog/3"].flatMap((path) => Array(3).fill([path, {}])),
  ...["boris", "carla", "dora"].map((name) => ["/menu", { Cookie: `session=${name}` }] as const),
  ...["utm_source=letter", "gclid=7"].map((query) => [`/sale?${query}`, {}] as const),
];

/** How many responses are stored then. */
const storedThen = 7;

/** The commands that are shown, in the order in which they are given: the report comes after all that looks, and warming last. */
export function commandsSeenIn(readme: string): readonly ShownCommand[] {
  return ["See into it", "Warming"].flatMap((heading) => commandsOf(chapterIn(readme, heading)));
}

/** Starts the shop of the next chapter, in which more visitors have been. */
export async function startSeeShop(readme: string): Promise<WhyShop> {
  const shop = await startWhyShop(chapterIn(readme, "Why is this not cached?"));
  for (const target of visits) await shop.visit(target);
  return { ...shop, run: (words) => runThere(shop, words) };
}

/** What a visitor is told who shows a token that has just been made. */
export async function explainedHead(shop: WhyShop): Promise<string> {
  const token = (await shop.run(["debug-token"])).trim();
  const { head } = await shop.visit("/news", { "X-Cache-Debug": token });
  const lines = head.split(/\r?\n/).filter((line) => line.includes("X-Cache"));
  return shop.asShown(`${lines.join("\n")}\n`);
}

/** The block in which the chapter shows that. */
export function explainedHeadIn(chapter: string): { readonly command: string; readonly shown: string } {
  const [, command = "", shown = ""] = /^```console\n(\$ curl [^\n]*)\n(.*?)^```$/ms.exec(chapter) ?? [];
  return { command, shown };
}

/** Numbers of requests are others each time: what is shown of one is asked of the one for /welcome. */
async function runThere(shop: WhyShop, words: readonly string[]): Promise<string> {
  const [command, option, shownNumber = ""] = words;
  if (command === "report") await bringBack(shop);
  if (command !== "log" || option !== "--explain") return await shop.run(words);
  const line = await shop.run(["log", "--where", "path=/welcome", "--json"]);
  const { id } = z.object({ id: z.string() }).parse(JSON.parse(line));
  return (await shop.run([command, option, id])).replace(id, shownNumber);
}

/** The report tells of what is on the disk, where it is a moment later. */
async function bringBack(shop: WhyShop): Promise<void> {
  for (const [target, fields] of returns) await shop.visit(target, fields);
  let stored = 0;
  while (stored < storedThen) {
    const { entries } = listing.parse(await (await shop.ask("/entries")).json());
    stored = entries.length;
  }
}

const listing = z.object({ entries: z.array(z.unknown()) });

/** What lines say whichever numbers are in them, in any order: those of a list differ from run to run. */
export function linesIn(text: string): string[] {
  const lines = text.split("\n").map(withoutNumbers);
  return [...new Set(lines.filter((line) => /[a-z]/.test(line) && !isOfTheMoment(line)))].sort();
}

/** `top` knows no rates in its first seconds, and a report writes its time in another way when it is of two days. */
function isOfTheMoment(line: string): boolean {
  return ofTheMoment.some((part) => line.includes(part));
}

const ofTheMoment = [
  "history of requests",
  "of requests, at most",
  "no request was answered of late",
  "all since its start",
] as const;

/** Amounts, shares and rates become N, with their units; so does what is not there yet. Drawn bars are left out. */
function withoutNumbers(line: string): string {
  return line
    .replaceAll(/\w{3}, \d+ \w{3} \d{4} [\d:]+ GMT/g, "N")
    .replaceAll(/\bid \w+/g, "id N")
    .replaceAll(/[▁-█░▒▓·]/g, "")
    .replaceAll(/<?\d[\d.,:-]*/g, "N")
    .replaceAll(/–/g, "N")
    .replaceAll(/N (B|kB|MB|GB)\b/g, "N")
    .replaceAll(/N (ms|s|min|h|d|seconds?|minutes?)\b/g, "N")
    .replaceAll(/N(\/s\b| %)/g, "N")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/(N )+N\b/g, "N")
    .trim();
}
