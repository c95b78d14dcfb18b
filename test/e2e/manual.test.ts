import { expect, test } from "bun:test";
import { runBinary } from "./harness.ts";
import { program } from "./programs.ts";

const formatters: readonly { name: string; packageName: string; words: string[] }[] = [
  // Its page has no date: it is made by the program, the same for each machine.
  { name: "mandoc", packageName: "mandoc", words: ["-Tlint", "-Wwarning"] },
  { name: "groff", packageName: "groff", words: ["-man", "-ww", "-z"] },
];

/** Gives the page to the program; all that it says. */
async function complaints(path: string, words: readonly string[], page: string): Promise<string> {
  const child = Bun.spawn([path, ...words], { stdin: new Blob([page]), stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const lines = `${stdout}${stderr}`.split("\n");
  return lines.filter((line) => !line.includes("missing date")).join("\n");
}

for (const { name, packageName, words } of formatters) {
  const found = program(name, packageName);
  const why = "missing" in found ? `: skipped, ${found.missing}` : "";
  test.skipIf("missing" in found)(`${name} has nothing to say against the manual page${why}`, async () => {
    const { code, stdout, stderr } = await runBinary(["man"]);
    expect([code, stderr]).toEqual([0, ""]);
    if ("path" in found) expect(await complaints(found.path, words, stdout)).toBe("");
  });
}

test("every command's help and the list of commands come from the binary, too", async () => {
  const help = await runBinary(["--help"]);
  const listed = [...help.stdout.matchAll(/^ {2}([a-z][a-z-]*)(?=[| ])/gm)].map(([, name = ""]) => name);
  expect(listed.length).toBeGreaterThan(5);
  for (const name of new Set(listed)) {
    const { code, stdout, stderr } = await runBinary([name, "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toStartWith("Usage: cacheproxy");
  }
});
