import type { Machine } from "../config/option.ts";
import { coloursWanted } from "../system/colours-wanted.ts";

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

/** Whether what is said may have colours. */
export function coloursIn({ environment, machine }: Surroundings): boolean {
  return coloursWanted(environment, machine.terminal);
}

/** A command of the program: the words after its name, and the exit code. */
export type RunCommand = (words: readonly string[], surroundings: Surroundings) => Promise<number>;

/** The command could not do its work; each line of the message is one for the operator. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
