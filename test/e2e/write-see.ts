/** Writes into the README what is seen in its chapters "See into it" and "Warming". */
import { join } from "node:path";
import { commandsSeenIn, explainedHead, explainedHeadIn, startSeeShop } from "./see-shop.ts";
import { chapterIn } from "./why-shop.ts";

const path = join(import.meta.dir, "../../README.md");
let readme = await Bun.file(path).text();
const { command, shown } = explainedHeadIn(chapterIn(readme, "See into it"));
const shop = await startSeeShop(readme);
for (const { words, block } of commandsSeenIn(readme)) {
  const [fence, line] = block.split("\n");
  const said = await shop.run(words);
  readme = readme.replace(block, () => `${fence}\n${line}\n${said.trimEnd()}\n\`\`\``);
}
const head = await explainedHead(shop);
readme = readme.replace(`${command}\n${shown}`, () => `${command}\n${head}`);
await shop.stop();
await Bun.write(path, readme);
