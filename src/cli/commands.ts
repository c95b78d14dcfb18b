import type { Command, CommandEntry } from "./command-line.ts";

/**
 * Every command that people give, in the order of the help. Loaded when asked for: a worker has no use for the
 * supervisor's code. The help of `serve`, completions and the manual are made of this table and of the commands' shapes.
 */
export const commands: readonly CommandEntry[] = [
  {
    name: "serve",
    uses: [{ words: "[options] [PORT]", summary: "the same: serving is what it does unless told otherwise" }],
    load: loadServe,
  },
  {
    name: "purge",
    uses: [{ words: "[options] URL...", summary: "remove stored responses from a running cacheproxy" }],
    load: async () => (await import("./purge.ts")).purge,
  },
  {
    name: "purges",
    uses: [{ words: "[options]", summary: "tell what was purged from it of late" }],
    load: async () => (await import("./purges.ts")).purges,
  },
  {
    name: "list",
    uses: [
      { words: "[options] [URL]", summary: "tell what is stored: by URL, site, tag, type, size, age, hits" },
    ],
    load: async () => (await import("./list.ts")).list,
  },
  {
    name: "warm",
    uses: [
      {
        words: "[options] SOURCE...",
        summary: "ask for the pages of a sitemap or a list, so that visitors find them stored",
      },
    ],
    load: async () => (await import("./warm.ts")).warm,
  },
  {
    name: "reload",
    uses: [
      {
        words: "[options]",
        summary: "have a running cacheproxy read its file and its certificates anew",
      },
    ],
    load: async () => (await import("./reload.ts")).reload,
  },
  {
    name: "log",
    uses: [{ words: "[options]", summary: "tell its last requests, and those that come" }],
    load: async () => (await import("./log.ts")).log,
  },
  {
    name: "stats",
    uses: [{ words: "[options]", summary: "tell what a running cacheproxy has done" }],
    load: async () => (await import("./stats.ts")).stats,
  },
  {
    name: "explain",
    aliases: ["why"],
    uses: [
      { words: "[options] URL", summary: "tell what would become of a request, why, and what to change" },
    ],
    load: async () => (await import("./explain.ts")).explain,
  },
  {
    name: "report",
    uses: [{ words: "[options]", summary: "tell what could be hits and is not, and what to change" }],
    load: async () => (await import("./report.ts")).report,
  },
  {
    name: "top",
    uses: [{ words: "[options]", summary: "watch what it does, and what costs the origin most" }],
    load: async () => (await import("./top.ts")).top,
  },
  {
    name: "verify",
    uses: [{ words: "[options]", summary: "compare what is stored with its checksums" }],
    load: async () => (await import("./verify.ts")).verify,
  },
  {
    name: "config",
    uses: [
      { words: "check [FILE]", summary: "tell what is wrong in a configuration, before it acts" },
      { words: "print [FILE]", summary: "print everything as it counts, and where it comes from" },
      { words: "schema", summary: "print the JSON Schema of the file, for editors" },
    ],
    load: async () => (await import("./config.ts")).config,
  },
  {
    name: "debug-token",
    uses: [{ words: "[options]", summary: "print a token with which answers tell how they came about" }],
    load: async () => (await import("./debug-token.ts")).debugToken,
  },
  {
    name: "completions",
    uses: [{ words: "SHELL", summary: "print what has bash, zsh or fish complete commands and options" }],
    load: async () => (await import("./completions.ts")).completionsOf(commands),
  },
  {
    name: "man",
    uses: [{ words: "", summary: "print the manual page: cacheproxy man | man -l -" }],
    load: async () => (await import("./man.ts")).manOf(commands),
  },
];

/** What runs where no command is named. */
export async function loadServe(): Promise<Command> {
  return (await import("./serve.ts")).serveAmong(commands);
}

/** By its name or another name of it. */
export function commandNamed(word: string | undefined): CommandEntry | undefined {
  return commands.find(({ name, aliases = [] }) => word === name || aliases.some((alias) => word === alias));
}
