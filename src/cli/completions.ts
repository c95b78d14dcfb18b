import { UsageError } from "../config/usage-error.ts";
import { type Command, type CommandEntry, type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { bashScript } from "./completing/bash.ts";
import { fishScript } from "./completing/fish.ts";
import { offeredBy } from "./completing/offered.ts";
import { zshScript } from "./completing/zsh.ts";

const scripts = new Map([
  ["bash", bashScript],
  ["zsh", zshScript],
  ["fish", fishScript],
]);

const shape: CommandShape = {
  name: "cacheproxy completions",
  summary: "Print what has a shell complete cacheproxy's commands, options and their values.",
  operands: "[SHELL]",
  firstWords: {
    title: "Shells",
    uses: [
      { words: "bash", summary: "for ~/.bashrc: source <(cacheproxy completions bash)" },
      { words: "zsh", summary: "for ~/.zshrc, behind compinit: source <(cacheproxy completions zsh)" },
      { words: "fish", summary: "for ~/.config/fish/config.fish: cacheproxy completions fish | source" },
    ],
  },
  settings: [],
};

/** Prints a shell's completions of these commands. */
export function completionsOf(commands: readonly CommandEntry[]): Command {
  return commandOf(shape, async ({ operands: [shell] }, surroundings) => {
    const script = scripts.get(shell ?? "");
    if (script === undefined) {
      const names = [...scripts.keys()].join(", ");
      throw new UsageError(
        `completions ${shell === undefined ? "" : `${JSON.stringify(shell)} `}should name a shell: ${names}`,
      );
    }
    await surroundings.say(script(await offeredBy(commands)));
    return exitCode.done;
  });
}
