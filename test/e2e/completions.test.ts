import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runBinary } from "./harness.ts";
import { program } from "./programs.ts";

/** A shell that somebody types in, with the binary's completions, before a program that tells the words it gets. */
interface Typing {
  /** The words that reach the program when this is typed, and return pressed. */
  words(typed: string): Promise<string[]>;
  end(): Promise<void>;
}

const folder = await mkdtemp(join(tmpdir(), "cacheproxy-completions-"));
beforeAll(async () => {
  await mkdir(join(folder, "bin"));
  await mkdir(join(folder, "stored here"));
  await Bun.write(join(folder, "stored.txt"), "");
  await Bun.write(join(folder, "odd name.toml"), "");
  const tells = join(folder, "bin/cacheproxy");
  await Bun.write(tells, '#!/bin/sh\nprintf "<"\nprintf "%s|" "$@"\nprintf ">\\n"\n');
  await chmod(tells, 0o755);
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await runBinary(["completions", shell]);
    expect(code).toBe(0);
    await Bun.write(join(folder, `completions.${shell}`), stdout);
  }
  await Bun.write(join(folder, ".bashrc"), "PS1='ready$ '\nsource ./completions.bash\n");
  const zshrc = "PS1='ready$ '\nautoload -U compinit\ncompinit -u\nsource ./completions.zsh\n";
  await Bun.write(join(folder, ".zshrc"), zshrc);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fishPrompt = "function fish_prompt; echo 'ready$ '; end; source ./completions.fish";
const shells: readonly { name: string; words: string[] }[] = [
  { name: "bash", words: ["--noprofile", "--rcfile", ".bashrc", "-i"] },
  { name: "zsh", words: ["-i"] },
  { name: "fish", words: ["--no-config", "-i", "-C", fishPrompt] },
];

function open(path: string, words: readonly string[]): Typing {
  let shown = "";
  let look: () => void = () => undefined;
  const shell = Bun.spawn([path, ...words], {
    cwd: folder,
    env: {
      PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
      HOME: folder,
      ZDOTDIR: folder,
      TERM: "xterm",
    },
    terminal: {
      cols: 200,
      data(_, bytes) {
        shown += Buffer.from(bytes).toString("latin1");
        look();
      },
    },
  });
  const seen = (what: RegExp) =>
    new Promise<RegExpExecArray>((resolve) => {
      look = () => {
        const found = what.exec(shown);
        if (found === null) return;
        look = () => undefined;
        shown = shown.slice(found.index + found[0].length);
        resolve(found);
      };
      look();
    });
  let ready: Promise<unknown> = seen(/ready\$/);
  return {
    async words(typed) {
      await ready;
      shell.terminal?.write(`${typed}\r`);
      const [, told = ""] = await seen(/<([^<>]*)\|>/);
      ready = seen(/ready\$/);
      return told.split("|");
    },
    async end() {
      await ready;
      shell.kill("SIGKILL");
      await shell.exited;
      shell.terminal?.close();
    },
  };
}

describe.each(shells)("$name", ({ name, words }) => {
  const found = program(name);
  const why = "missing" in found ? `: skipped, ${found.missing}` : "";
  let typing: Typing | undefined;
  afterAll(() => typing?.end());

  test.skipIf("missing" in found).each<[typed: string, words: string[]]>([
    ["rel\t", ["reload"]],
    ["serve --of\t", ["serve", "--offline"]],
    ["--of\t", ["--offline"]],
    ["--log j\t", ["--log", "json"]],
    ["serve --on-abort f\t", ["serve", "--on-abort", "finish"]],
    ["--log=j\t", ["--log=json"]],
    ["purge --dr\t", ["purge", "--dry-run"]],
    ["purge --offl\t", ["purge", "--offl"]],
    ["purge /a /b --dr\t", ["purge", "/a", "/b", "--dry-run"]],
    ["purge --tag reload --dr\t", ["purge", "--tag", "reload", "--dry-run"]],
    ["config ch\t odd\t", ["config", "check", "odd name.toml"]],
    ["config --config odd\t", ["config", "--config", "odd name.toml"]],
    ["stats --cache-d\t stor\t", ["stats", "--cache-dir", "stored here"]],
    ["--admin 127.0.0.1:1 --offl\t", ["--admin", "127.0.0.1:1", "--offline"]],
    ["completions z\t", ["completions", "zsh"]],
  ])(`cacheproxy %j${why}`, async (typed, expected) => {
    if ("path" in found) typing ??= open(found.path, words);
    const got = await typing?.words(`cacheproxy ${typed}`);
    // Some put a slash behind a folder, some take it away again.
    expect(got?.map((word) => word.replace(/\/$/, ""))).toEqual(expected);
  });
});
