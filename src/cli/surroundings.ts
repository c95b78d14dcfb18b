import type { Machine } from "../config/option.ts";

/** What a command needs of the world around the process. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly machine: Machine;
  readonly readFile: (path: string) => Promise<string>;
  /** Writes to stdout; resolves when the system has it. */
  readonly say: (text: string) => Promise<void>;
  /** One line to stderr, under the program's name. */
  readonly complain: (line: string) => void;
}

/** A command of the program: the words after its name, and the exit code. */
export type RunCommand = (words: readonly string[], surroundings: Surroundings) => Promise<number>;

/** The command could not do its work; each line of the message is one for the operator. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
