import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { startAnewWithout, steeringVariables } from "./system/steering.ts";

const complain = (line: string) => process.stderr.write(`cacheproxy: ${line}\n`);

// Workers and the keeper have an environment of their own, made by the supervisor.
if (Bun.isStandaloneExecutable && process.argv[2] !== "worker" && process.argv[2] !== "keeper") {
  const steering = steeringVariables(process.env);
  if (steering.length > 0) {
    startAnewWithout(steering, process.env);
    complain(`${steering.join(", ")} in the environment may change how cacheproxy works; unset what you can`);
  }
}

// Everything else is loaded when it is certain that this process stays.
const { run } = await import("./cli/run.ts");
const code = await run(process.argv.slice(2), {
  environment: process.env,
  machine: {
    platform: process.platform,
    cores: availableParallelism(),
    terminal: process.stdout.isTTY === true,
  },
  readFile: (path) => readFile(path, "utf8"),
  say: async (text) => {
    // To write nothing would empty the file that standard output may be.
    if (text !== "") await Bun.write(Bun.stdout, text);
  },
  complain,
});
process.exit(code);
