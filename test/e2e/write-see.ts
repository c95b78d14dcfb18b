/** Writes into the README what is seen in its chapter "See into it". */
import { join } from "node:path";
import { explainedHead, explainedHeadIn, startSeeShop } from "./see-shop.ts";
import { chapterIn, commandsOf } from "./why-shop.ts";

const path = join(import.meta.dir, "../../README.md");
let readme = await Bun.file(path).text();
const chapter = chapterIn(readme, "See into it");
const shop = await startSeeShop(readme);
for (const { words, block } of commandsOf(chapter)) {
  const [fence, command] = block.split("\n");
  const said = await shop.run(words);
  readme = readme.replace(block, () => `${fence}\n${command}\n${said.trimEnd()}\n\`\`\``);
}
const { command, shown } = explainedHeadIn(chapter);
const head = await explainedHead(shop);
readme = readme.replace(`${command}\n${shown}`, () => `${command}\n${head}`);
await shop.stop();
await Bun.write(path, readme);
