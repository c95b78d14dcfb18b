import type { Option } from "commander";
import { offeredFor } from "../../config/option.ts";
import { options as settings } from "../../config/options.ts";
import {
  type CommandEntry,
  type CommandShape,
  type CommandUse,
  helpOption,
  optionsOf,
  versionOption,
} from "../command-line.ts";

/** What a shell may offer in one place of a command line. */
export type Offered =
  | { readonly kind: "anything" }
  | { readonly kind: "file" }
  | { readonly kind: "folder" }
  | { readonly kind: "words"; readonly words: readonly string[] };

/** An option as a shell completes it. */
export interface OfferedOption {
  /** "--host" */
  readonly long: string;
  /** "-H" */
  readonly short?: string;
  readonly summary: string;
  /** A switch has none. */
  readonly value?: { readonly name: string; readonly offered: Offered };
}

/** The first operand, where it is one of some words. */
export interface OfferedWord {
  readonly word: string;
  readonly summary: string;
}

/** A command as a shell completes it. */
export interface OfferedCommand {
  /** The name and its aliases. */
  readonly names: readonly string[];
  readonly options: readonly OfferedOption[];
  readonly firstWords: readonly OfferedWord[];
  /** What operands are; undefined where there are none. */
  readonly operand?: Offered;
}

/** All that shells offer, from the shapes of all commands. The one that serves is also what is meant without a name. */
export async function offeredBy(commands: readonly CommandEntry[]): Promise<OfferedCommand[]> {
  return await Promise.all(
    commands.map(async ({ name, aliases = [], load }) => {
      const { shape } = await load();
      return { names: [name, ...aliases], ...offeredOf(shape) };
    }),
  );
}

function offeredOf(shape: CommandShape): Omit<OfferedCommand, "names"> {
  const shown = optionsOf(shape).filter(({ hidden }) => !hidden);
  return {
    options: [...shown, versionOption, helpOption].map(offeredOption),
    firstWords: shape.firstWords?.uses.flatMap(firstWords) ?? [],
    ...(shape.operands === undefined ? {} : { operand: ofPlaceholder(shape.operands) }),
  };
}

function offeredOption(option: Option): OfferedOption {
  const { long, short, description, flags } = option;
  const name = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1];
  return {
    long: long ?? flags,
    ...(short === undefined ? {} : { short }),
    summary: description,
    ...(name === undefined ? {} : { value: { name, offered: offeredValue(option, name) } }),
  };
}

function offeredValue({ long, argChoices }: Option, placeholder: string): Offered {
  const setting = Object.values(settings).find(({ name }) => `--${name}` === long);
  const words = argChoices ?? (setting ? offeredFor(setting) : []);
  return words.length > 0 ? { kind: "words", words } : ofPlaceholder(placeholder);
}

/** "FILE", "[ACTION] [FILE]" and "FILE|-" are of files. */
function ofPlaceholder(placeholder: string): Offered {
  if (/\bFILE\b/.test(placeholder)) return { kind: "file" };
  return { kind: /\bDIR\b/.test(placeholder) ? "folder" : "anything" };
}

/** "explain|why [options] URL" begins with one of two. */
function firstWords({ words, summary }: CommandUse): OfferedWord[] {
  const [first = ""] = words.split(" ");
  return first.split("|").map((word) => ({ word, summary }));
}
