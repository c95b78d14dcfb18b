/** Writes into the README what `explain` says to the commands of its chapter. */
import { join } from "node:path";
import { chapterIn, commandsOf, startWhyShop } from "./why-shop.ts";

const path = join(import.meta.dir, "../../README.md");
let readme = await Bun.file(path).text();
const chapter = chapterIn(readme, "Why is this not cached?");
const shop = await startWhyShop(chapter);
for (const { words, block } of commandsOf(chapter)) {
  const [fence, command] = block.split("\n");
  const said = await shop.run(words);
  readme = readme.replace(block, () => `${fence}\n${command}\n${said}\`\`\``);
}
await shop.stop();
await Bun.write(path, readme);
