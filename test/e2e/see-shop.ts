import { z } from "zod";
import { chapterIn, startWhyShop, type WhyShop } from "./why-shop.ts";

/** What visitors of the chapter "See into it" have asked for, beside those of the next chapter. */
const visits = ["/welcome", "/blog/post", "/cart", "/gone"] as const;

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
  if (command !== "log" || option !== "--explain") return await shop.run(words);
  const line = await shop.run(["log", "--where", "path=/welcome", "--json"]);
  const { id } = z.object({ id: z.string() }).parse(JSON.parse(line));
  return (await shop.run([command, option, id])).replace(id, shownNumber);
}

/** What lines say whichever numbers are in them, in any order: those of a list differ from run to run. */
export function linesIn(text: string): string[] {
  const lines = text.split("\n").map(withoutNumbers);
  return [...new Set(lines.filter((line) => /[a-z]/.test(line) && !isHistory(line)))].sort();
}

/** `top` has none in its first seconds. */
function isHistory(line: string): boolean {
  return line.includes("history of requests") || line.includes("of requests, at most");
}

/** Amounts of bytes and of time become N, with their units; so does what is not there yet. Drawn bars are left out. */
function withoutNumbers(line: string): string {
  return line
    .replaceAll(/\w{3}, \d+ \w{3} \d{4} [\d:]+ GMT/g, "N")
    .replaceAll(/\bid \w+/g, "id N")
    .replaceAll(/[▁-█░▒▓·]/g, "")
    .replaceAll(/<?\d[\d.,:-]*/g, "N")
    .replaceAll(/–/g, "N")
    .replaceAll(/N (B|kB|MB|GB)\b/g, "N")
    .replaceAll(/N (ms|s|min|h|d|seconds?|minutes?)\b/g, "N")
    .replaceAll(/(N )+N\b/g, "N")
    .replaceAll(/\s+/g, " ")
    .trim();
}
