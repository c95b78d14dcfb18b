import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { run } from "./cli/run.ts";

const code = await run(process.argv.slice(2), {
  environment: process.env,
  machine: {
    platform: process.platform,
    cores: availableParallelism(),
    terminal: process.stdout.isTTY === true,
  },
  readFile: (path) => readFile(path, "utf8"),
  say: async (text) => {
    await Bun.write(Bun.stdout, text);
  },
  complain: (line) => process.stderr.write(`cacheproxy: ${line}\n`),
});
process.exit(code);
