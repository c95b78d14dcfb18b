import type { Option } from "commander";
import {
  type CommandEntry,
  type CommandShape,
  type CommandUse,
  helpOption,
  optionsOf,
  versionLine,
  versionOption,
} from "./command-line.ts";
import { exitCodesInWords } from "./exit-code.ts";

/** A command as the manual tells it. */
interface ManualCommand {
  readonly entry: CommandEntry;
  readonly shape: CommandShape;
}

const signals: readonly CommandUse[] = [
  { words: "SIGTERM, SIGINT", summary: "stop: finish what is under way, then end" },
  { words: "SIGHUP", summary: "read the file and the certificates anew" },
  { words: "SIGUSR1", summary: "open the file of --log-file anew, after a rotation" },
];

const files: readonly CommandUse[] = [
  { words: "cacheproxy.toml", summary: "the configuration, where it lies in the folder of the start" },
  { words: "./cache", summary: "what is stored, unless --cache-dir names another folder" },
  { words: "admin.token", summary: "in that folder: what to show to --admin, where nothing else is said" },
  { words: "debug.key", summary: "in that folder: by which debug tokens are signed" },
];

/** The page in the macros of man(7), which man, groff and mandoc set. */
export function manualPage(commands: readonly ManualCommand[]): string {
  const serve = commands.find(({ entry }) => entry.name === "serve")?.shape;
  const others = commands.filter(({ shape }) => shape !== serve);
  const lines = [
    `.TH CACHEPROXY 1 "" ${argument(versionLine)} "User Commands"`,
    ".SH NAME",
    "cacheproxy \\- an HTTP cache before a web server",
    ".SH SYNOPSIS",
    ...commands
      .flatMap(({ entry }) => entry.uses.map(({ words }) => synopsis(entry, words)))
      .join("\n.br\n")
      .split("\n"),
    ".SH DESCRIPTION",
    ...(serve ? [text(serve.summary), ...optionsSection(serve)] : []),
    ".SH COMMANDS",
    ...others.flatMap(({ entry, shape }) => commandSection(entry, shape, serve)),
    ".SH EXIT STATUS",
    ...exitCodesInWords.flatMap(({ code, meaning }) => tagged({ words: `${code}`, summary: meaning })),
    ".SH SIGNALS",
    ...signals.flatMap(tagged),
    ".SH FILES",
    ...files.flatMap(tagged),
  ];
  return `${lines.join("\n")}\n`;
}

function synopsis({ name, aliases = [] }: CommandEntry, words: string): string {
  const command = name === "serve" ? "cacheproxy" : `cacheproxy ${[name, ...aliases].join("|")}`;
  return [`.B ${argument(command)}`, ...(words === "" ? [] : [text(words)])].join("\n");
}

function optionsSection(serve: CommandShape): string[] {
  const everywhere = [versionOption, helpOption].flatMap(optionLines);
  return [".SH OPTIONS", ...optionLinesOf(serve), ...everywhere, ...paragraphs(serve.epilogue)];
}

function commandSection(
  { name, aliases = [] }: CommandEntry,
  shape: CommandShape,
  serve: CommandShape | undefined,
): string[] {
  const title = `${[name, ...aliases].join(", ")} ${shape.operands ?? ""}`;
  const isAsServe = shape.settings === serve?.settings;
  return [
    `.SS ${argument(title.trim())}`,
    text(shape.summary),
    ...(shape.firstWords?.uses ?? []).flatMap(tagged),
    ...(isAsServe ? [".PP", "It takes the options of serving, above."] : optionLinesOf(shape)),
    ...paragraphs(shape.epilogue),
  ];
}

function optionLinesOf(shape: CommandShape): string[] {
  return optionsOf(shape)
    .filter(({ hidden }) => !hidden)
    .flatMap(optionLines);
}

function optionLines({ flags, description }: Option): string[] {
  return tagged({ words: flags.replaceAll(/[<>]/g, ""), summary: description });
}

function tagged({ words, summary }: CommandUse): string[] {
  return [".TP", `.B ${argument(words)}`, text(summary)];
}

/** Lines that are set in are kept as they are. */
function paragraphs(epilogue = ""): string[] {
  return epilogue.split("\n\n").flatMap((paragraph) => {
    if (paragraph === "") return [];
    const lines = paragraph.split("\n").map(text);
    return /^ /m.test(paragraph) ? [".PP", ".nf", ...lines, ".fi"] : [".PP", ...lines];
  });
}

/** A line of text: nothing in it is a request, an escape or a hyphen where a minus is meant. */
function text(line: string): string {
  return escaped(line).replace(/^(?=[.'])/, "\\&");
}

/** In quotes, as one argument of a macro. */
function argument(words: string): string {
  return `"${escaped(words).replaceAll('"', "\\(dq")}"`;
}

function escaped(words: string): string {
  return words
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll(
      /[^\n -~]/g,
      (character) => `\\[u${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`,
    );
}
