import { Command as Parser, CommanderError, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import type { WrittenSettings } from "../config/written-settings.ts";
import { type OptionName, options } from "../config/options.ts";
import { withoutCredentials } from "../config/origin-address.ts";
import { UsageError } from "../config/usage-error.ts";
import { exitCode } from "./exit-code.ts";
import type { RunCommand, Surroundings } from "./surroundings.ts";

type Name = OptionName;

/** What a command asks of the command line, for its parser and its help. */
export interface CommandShape {
  /** "cacheproxy purge" */
  readonly name: string;
  readonly summary: string;
  /** As commander writes them: "[PORT]", "[URL...]". */
  readonly operands?: string;
  /** Where the first operand is one of some words: what they are called together, and what each does. */
  readonly firstWords?: FirstWords;
  /** The settings it takes as options. */
  readonly settings: readonly Name[];
  /** Options of this command alone. */
  readonly own?: readonly Option[];
  /** Said after the options. */
  readonly epilogue?: string;
}

/** Words that the first operand may be, listed in the help behind the options. */
export interface FirstWords {
  /** "Actions" */
  readonly title: string;
  readonly uses: readonly CommandUse[];
}

/** One way to use a command. */
export interface CommandUse {
  /** "explain|why [options] URL": the word, others that mean the same, and what is written behind it. */
  readonly words: string;
  readonly summary: string;
}

/** A command that people give: its shape can be read without running it. */
export interface Command {
  readonly shape: CommandShape;
  readonly run: RunCommand;
}

/** A command as the table of them has it. */
export interface CommandEntry {
  /** The first word. */
  readonly name: string;
  /** First words that mean the same. */
  readonly aliases?: readonly string[];
  /** A line each in the list of commands: what is written behind its name, and what that does. */
  readonly uses: readonly CommandUse[];
  readonly load: () => Promise<Command>;
}

/** What is written on the command line. */
export interface CommandLine {
  readonly flags: WrittenSettings;
  readonly operands: readonly string[];
  readonly own: Own;
}

/** Values of a command's own options, by their camel-case names. */
export type Own = Readonly<Record<string, unknown>>;

/**
 * A command of that shape: where help or the version is asked for, it says that and no more, else it does its work.
 * Throws a `UsageError` for words it does not know; the values are not checked yet.
 */
export function commandOf(
  shape: CommandShape,
  work: (line: CommandLine, surroundings: Surroundings) => Promise<number>,
): Command {
  const run: RunCommand = async (words, surroundings) => {
    const line = readCommandLine(shape, words);
    if (typeof line !== "string") return await work(line, surroundings);
    await surroundings.say(line);
    return exitCode.done;
  };
  return { shape, run };
}

/** What every command takes. */
export const versionOption = new Option("-v, --version", "say which version this is");
export const helpOption = new Option("-h, --help", "say this");

/** "cacheproxy 1.2.3" */
export const versionLine = `cacheproxy ${packageJson.version}`;

/** The text, where only that is asked for. */
function readCommandLine(shape: CommandShape, words: readonly string[]): CommandLine | string {
  let told = "";
  const command = new Parser(shape.name)
    .description(shape.summary)
    .version(versionLine, versionOption.flags, versionOption.description)
    .helpOption(helpOption.flags, helpOption.description)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        told += text;
      },
      writeErr: () => undefined,
    });
  if (shape.operands) command.arguments(shape.operands);
  const after = [shape.firstWords && listed(shape.firstWords), shape.epilogue].filter(Boolean);
  if (after.length > 0) command.addHelpText("after", `\n${after.join("\n\n")}`);
  for (const option of optionsOf(shape)) command.addOption(option);
  try {
    command.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return told;
    // What was written in the wrong place may be an origin, or a secret of an option that is misspelt.
    const message = error.message.replace(/(unknown option '[^'=]*)=.*'/s, "$1'");
    throw new UsageError(withoutCredentials(asOneLine(message)));
  }
  return { flags: writtenIn(command, shape.settings), operands: command.args, own: command.opts() };
}

/** Settings first, then those of this command alone. */
export function optionsOf(shape: CommandShape): Option[] {
  return [...shape.settings.flatMap(flagsOf), ...(shape.own ?? [])];
}

/** The summaries stand under each other. */
function listed({ title, uses }: FirstWords): string {
  const width = Math.max(...uses.map(({ words }) => words.length));
  const lines = uses.map(({ words, summary }) => `  ${words.padEnd(width)}  ${summary}`);
  return `${title}:\n${lines.join("\n")}`;
}

/** A switch can be turned off again where a variable or a file turned it on. */
function flagsOf(name: Name): Option[] {
  const option = options[name];
  if (option.argument === undefined) {
    const isOn = option.byDefault === "true" ? ` (default: on; --no-${option.name})` : "";
    return [
      new Option(`--${option.name}`, option.summary + isOn),
      new Option(`--no-${option.name}`).hideHelp(),
    ];
  }
  const { byDefault, defaultInWords = typeof byDefault === "string" ? byDefault : undefined } = option;
  const byDefaultInHelp = defaultInWords === undefined ? "" : ` (default: ${defaultInWords})`;
  const flag = new Option(`--${option.name} <${option.argument}>`, option.summary + byDefaultInHelp);
  if (option.isList)
    flag.argParser<string>((value, before) => (before === undefined ? value : `${before},${value}`));
  return [flag];
}

function writtenIn(command: Parser, settings: readonly Name[]): WrittenSettings {
  const written: Partial<Record<Name, { where: string; text: string }>> = {};
  for (const name of settings) {
    const flag = `--${options[name].name}`;
    const value: unknown = command.getOptionValue(new Option(flag).attributeName());
    const where = value === false ? `--no-${options[name].name}` : flag;
    if (value !== undefined) written[name] = { where, text: String(value) };
  }
  return written;
}

/** commander's "error: unknown option '--prot'\n(Did you mean --port?)". */
function asOneLine(message: string): string {
  const line = message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  return /unknown option(?!.*Did you mean)/.test(line) ? `${line}; see cacheproxy --help` : line;
}
