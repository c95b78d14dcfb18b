import { Option } from "commander";
import { UsageError } from "../config/usage-error.ts";
import { duration } from "../config/written.ts";
import { debugAnswerSchema, longestDebugSeconds } from "../control/debug-token.ts";
import { askSupervisor } from "./admin-client.ts";
import { type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { settingsOfRunning } from "./settings-of-running.ts";

const shape: CommandShape = {
  name: "cacheproxy debug-token",
  summary:
    "Print a token with which a request gets its explanation, in X-Cache-Explain fields of its answer.",
  settings: ["cacheDir", "configFile"],
  own: [
    new Option("--for <TIME>", "have it end after this time, of 7d at the most").default("1h", "1h"),
    new Option("--json", "tell the token and when it ends, as JSON"),
  ],
  epilogue: `In a request it stands in X-Cache-Debug:
  curl -sD - -o /dev/null -H "X-Cache-Debug: $(cacheproxy debug-token)" http://localhost:8888/
A browser sends it by an extension that sets request fields. Whoever has it sees what is stored
and which rules there are; the origin is not sent it. Removing debug.key from the cache folder
ends all tokens with the next start.`,
};

/** Prints a token that the running proxy has made. */
export const debugToken = commandOf(shape, async (line, surroundings) => {
  const seconds = secondsIn(line.own["for"]);
  const settings = await settingsOfRunning(line.flags, surroundings);
  const answer = await askSupervisor(settings, "/debug-token", debugAnswerSchema, { seconds });
  const text = line.own["json"] === true ? JSON.stringify(answer, null, 2) : answer.token;
  await surroundings.say(`${text}\n`);
  return exitCode.done;
});

function secondsIn(text: unknown): number {
  const { success, data } = duration.safeParse(text);
  const seconds = success ? Math.ceil(data / 1000) : 0;
  if (seconds >= 1 && seconds <= longestDebugSeconds) return seconds;
  throw new UsageError(`--for ${JSON.stringify(text)} should be a time with its unit, from 1s to 7d`);
}
