import { z } from "zod";
import { loadSettings } from "../config/load.ts";
import { askSupervisor } from "./admin-client.ts";
import { type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";

const shape: CommandShape = {
  name: "cacheproxy stats",
  summary: "Tell what a running cacheproxy has done, as JSON.",
  settings: ["cacheDir", "configFile"],
};

/** Prints the counters of a running proxy. */
export const stats = commandOf(shape, async (line, surroundings) => {
  const { settings } = await loadSettings({ ...surroundings, flags: line.flags });
  const answer = await askSupervisor(settings, "/stats", z.record(z.string(), z.unknown()));
  await surroundings.say(`${JSON.stringify(answer, null, 2)}\n`);
  return exitCode.done;
});
