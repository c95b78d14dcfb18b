import { type Command, type CommandEntry, type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { manualPage } from "./manual.ts";

const shape: CommandShape = {
  name: "cacheproxy man",
  summary: "Print the manual page, for man to set.",
  settings: [],
  epilogue: `To read it: cacheproxy man | man -l -
To keep it: cacheproxy man > /usr/local/share/man/man1/cacheproxy.1`,
};

/** Prints the manual of these commands. */
export function manOf(commands: readonly CommandEntry[]): Command {
  return commandOf(shape, async (_, surroundings) => {
    const named = commands.map(async (entry) => ({ entry, shape: (await entry.load()).shape }));
    await surroundings.say(manualPage(await Promise.all(named)));
    return exitCode.done;
  });
}
