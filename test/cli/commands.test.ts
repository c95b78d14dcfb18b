import { describe, expect, test } from "bun:test";
import { commandNamed, commands } from "../../src/cli/commands.ts";
import { optionsOf } from "../../src/cli/command-line.ts";
import { offeredBy } from "../../src/cli/completing/offered.ts";
import { run } from "../../src/cli/run.ts";

/** What a command says, with nothing around it. */
async function said(...words: string[]): Promise<{ code: number; stdout: string; stderr: string[] }> {
  let stdout = "";
  const stderr: string[] = [];
  const code = await run(words, {
    environment: {},
    machine: { platform: "linux", cores: 1, terminal: false },
    readFile: (path) => Bun.file(path).text(),
    say: async (text) => {
      stdout += text;
    },
    complain: (line) => stderr.push(line),
  });
  return { code, stdout, stderr };
}

const loaded = await Promise.all(
  commands.map(async (entry) => ({ ...entry, shape: (await entry.load()).shape })),
);
const words = commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]);

describe("the table of commands", () => {
  test("names each word once", () => expect(words).toEqual([...new Set(words)]));

  test.each(words)("%s has a help of its own, exit code 0", async (word) => {
    const { code, stdout, stderr } = await said(word, "--help");
    const name = commandNamed(word)?.name;
    expect([code, stderr]).toEqual([0, []]);
    expect(stdout).toStartWith(
      name === "serve" ? "Usage: cacheproxy " : `Usage: cacheproxy ${name} [options]`,
    );
  });

  test.each(loaded)("$name lists what its operands are", ({ shape, uses }) => {
    const isTold = uses.some(({ words }) => /[A-Z]/.test(words));
    expect(isTold).toBe(shape.operands !== undefined);
  });

  test.each(words)("%s refuses an option that there is not: one line, exit code 2", async (word) => {
    const { code, stdout, stderr } = await said(word, "--hullabaloo");
    expect([code, stdout, stderr.length]).toEqual([2, "", 1]);
    expect(stderr[0]).toContain("--hullabaloo");
  });

  test.each(words)("%s is in the help of the program", async (word) => {
    expect((await said("--help")).stdout).toMatch(new RegExp(`^  (\\S+\\|)?${word}[ |]`, "m"));
  });
});

describe("shells", () => {
  test("are offered every option that is shown, of every command", async () => {
    const offered = await offeredBy(commands);
    for (const { name, shape } of loaded) {
      const command = offered.find(({ names }) => names[0] === name);
      const shown = optionsOf(shape).filter(({ hidden }) => !hidden);
      expect(command?.options.map(({ long }) => long)).toEqual([
        ...shown.map(({ long }) => long ?? ""),
        "--version",
        "--help",
      ]);
    }
  });

  test.each(["bash", "zsh", "fish"])("%s is told every command and every option", async (shell) => {
    const { code, stdout } = await said("completions", shell);
    expect(code).toBe(0);
    for (const { names, options } of await offeredBy(commands)) {
      for (const each of names) expect(stdout).toMatch(new RegExp(`(^|[ '])${each}\\b`, "m"));
      for (const { long } of options) {
        expect(stdout).toContain(shell === "fish" ? `-l ${long.slice(2)} ` : long);
      }
    }
  });

  test.each([
    [[], "completions should name a shell: bash, zsh, fish"],
    [["tcsh"], 'completions "tcsh" should name a shell: bash, zsh, fish'],
  ])("completions %j is a wrong use", async (operands, line) => {
    expect(await said("completions", ...operands)).toEqual({ code: 2, stdout: "", stderr: [line] });
  });
});

describe("the manual", () => {
  test("has every command and every option", async () => {
    const { code, stdout } = await said("man");
    expect(code).toBe(0);
    for (const { name, shape } of loaded) {
      if (name !== "serve")
        expect(stdout).toMatch(new RegExp(`^\\.SS "${name}[", ]`.replaceAll("-", "\\\\-"), "m"));
      for (const { long, hidden } of optionsOf(shape)) {
        if (!hidden) expect(stdout).toContain(long?.replaceAll("-", "\\-") ?? "");
      }
    }
  });

  test("has nothing but ASCII, and no line that is a request by chance", async () => {
    const { stdout } = await said("man");
    expect(stdout).toMatch(/^[\n -~]*$/);
    const requests = stdout.split("\n").filter((line) => /^[.']/.test(line));
    for (const line of requests) expect(line).toMatch(/^\.(TH|SH|SS|TP|PP|B|br|nf|fi)\b/);
  });
});
